import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { LiveSession } from '../session/live-session.ts';
import type { Row } from '../session/row.ts';
import type { Snapshot } from '../session/snapshot.ts';
import { watchScrollIntent } from './scroll-intent.ts';
import type { ListSize } from './use-list-size.ts';

export interface ScrollPlace {
  readonly top: number;
  readonly onScroll: () => void;
  /** Scrolls there, and stays at the row that is on top then. */
  readonly goTo: (top: number) => void;
}

/**
 * Where the list is scrolled to. While following the newest stays in sight, until a person scrolls up; else the row that
 * was on top stays on top, whatever comes before or behind it. Reads the layout only where it is to change it.
 */
export function useScrollPlace(
  box: RefObject<HTMLElement | null>,
  session: LiveSession,
  snapshot: Snapshot,
  { height, rowHeight }: ListSize,
): ScrollPlace {
  const { buffer } = session;
  const [top, setTop] = useState(0);
  /** The row on top, and where it was. */
  const anchor = useRef<{ readonly row: Row; readonly at: number } | undefined>(undefined);
  /** Where we scrolled to ourselves: an event that reports another place is not of our doing. */
  const expectedTop = useRef(0);
  /** All that the place of the end depends on, when we went there last. */
  const end = useRef('');
  /** Whether a person drags the scrollbar. */
  const dragging = useRef(false);

  const scrollTo = useCallback(
    (wanted: number) => {
      const element = box.current;
      if (element === null) return;
      element.scrollTop = wanted;
      expectedTop.current = element.scrollTop;
      setTop(element.scrollTop);
    },
    [box],
  );
  const keepAnchor = useCallback(
    (at: number) => {
      const index = Math.floor(at / rowHeight);
      const row = buffer.at(index);
      anchor.current = row && { row, at: index * rowHeight };
    },
    [buffer, rowHeight],
  );

  useEffect(() => {
    if (box.current === null) return undefined;
    return watchScrollIntent(box.current, {
      onUp: () => session.setFollowing(false),
      onDrag: (isDragging) => {
        dragging.current = isDragging;
      },
    });
  }, [box, session]);

  // After each change of the rows, before anything is painted.
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const { following, older, newer } = snapshot;
    const wanted = following ? `${buffer.length} ${rowHeight} ${height} ${older.kind} ${newer.kind}` : '';
    if (following) {
      if (wanted !== end.current) scrollTo(element.scrollHeight);
    } else if (anchor.current) {
      const { row, at } = anchor.current;
      const moved = buffer.indexOf(row) * rowHeight - at;
      if (moved !== 0) {
        scrollTo(element.scrollTop + moved);
        anchor.current = { row, at: at + moved };
      }
    }
    end.current = wanted;
    if (anchor.current === undefined || following) keepAnchor(expectedTop.current);
  }, [box, snapshot, buffer, height, rowHeight, scrollTo, keepAnchor]);

  const goTo = useCallback(
    (wanted: number) => {
      scrollTo(wanted);
      keepAnchor(expectedTop.current);
    },
    [scrollTo, keepAnchor],
  );

  const onScroll = useCallback(() => {
    const element = box.current;
    if (element === null) return;
    const { scrollTop } = element;
    setTop(scrollTop);
    if (Math.abs(scrollTop - expectedTop.current) < 1) return;
    const upwards = scrollTop < expectedTop.current;
    const isAtEnd = element.scrollHeight - scrollTop - element.clientHeight < 2;
    expectedTop.current = scrollTop;
    keepAnchor(scrollTop);
    if (!session.snapshot().following) {
      if (!upwards && isAtEnd && session.isLive) session.setFollowing(true);
    } else if (upwards && dragging.current) session.setFollowing(false);
    // The browser moved it, since the list or its box changed its height: the end is where it should be.
    else if (!isAtEnd) scrollTo(element.scrollHeight);
  }, [box, session, keepAnchor, scrollTo]);

  return { top, onScroll, goTo };
}
