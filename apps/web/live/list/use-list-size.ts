import { type RefObject, useEffect, useState } from 'react';
import { watchSize } from '../../ui/browser/element-size.ts';
import { watchMedia } from '../../ui/browser/media-query.ts';
import { headColumns } from './row-text.ts';

/** What fits into the list. */
export interface ListSize {
  readonly height: number;
  readonly rowHeight: number;
  /** Characters of a line's body that fit beside what stands before it; below it on a narrow screen. */
  readonly columns: number;
}

const narrow = '(max-width: 640px)';
const rowPx = { wide: 22, narrow: 40 };
/** Left and right of a row's text. */
const marginPx = 24;
const leastColumns = 20;

/** Size of the list's box, measured when it changes and never while one scrolls. */
export function useListSize(box: RefObject<HTMLElement | null>): ListSize {
  const [size, setSize] = useState<ListSize>({ height: 600, rowHeight: rowPx.wide, columns: 120 });
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const measure = () => {
      const { clientHeight, clientWidth } = element;
      const all = Math.floor((clientWidth - marginPx) / characterWidth(element));
      const columns = Math.max(leastColumns, media.matches() ? all : all - headColumns);
      const rowHeight = media.matches() ? rowPx.narrow : rowPx.wide;
      setSize((before) =>
        before.height === clientHeight && before.columns === columns && before.rowHeight === rowHeight
          ? before
          : { height: clientHeight, rowHeight, columns },
      );
    };
    const media = watchMedia(narrow, measure);
    const stop = watchSize(element, measure);
    return () => {
      stop();
      media.stop();
    };
  }, [box]);
  return size;
}

/** Of the element's font, in which all characters are equally wide. */
function characterWidth(element: HTMLElement): number {
  const context = document.createElement('canvas').getContext('2d');
  if (context === null) return 8;
  const { fontSize, fontFamily } = getComputedStyle(element);
  context.font = `${fontSize} ${fontFamily}`;
  return context.measureText('0'.repeat(100)).width / 100;
}
