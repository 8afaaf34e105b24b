import { useCallback, useState } from 'react';
import { watchMedia } from '../../ui/browser/media-query.ts';
import { readStored, writeStored } from '../../ui/browser/stored-value.ts';

const key = 'tailrace-fields';

/** Whether the fields stand beside the list: as they were left in this browser, or else where there is room for them. */
export function useFacetPanel(): readonly [isOpen: boolean, setOpen: (isOpen: boolean) => void] {
  const [isOpen, set] = useState(startsOpen);
  const setOpen = useCallback((next: boolean) => {
    writeStored(key, next ? 'open' : 'closed');
    set(next);
  }, []);
  return [isOpen, setOpen];
}

/** On a narrow screen they would cover the list: there they are opened each time. */
function startsOpen(): boolean {
  const matches = (query: string) => {
    const media = watchMedia(query, () => undefined);
    media.stop();
    return media.matches();
  };
  if (!matches('(min-width: 901px)')) return false;
  const left = readStored(key);
  return left === undefined ? matches('(min-width: 1400px)') : left === 'open';
}
