export interface WatchedMedia {
  readonly matches: () => boolean;
  readonly stop: () => void;
}

/**
 * Watches a media query. Where the browser has no `matchMedia` it never matches; Safari before 14 has it with
 * `addListener` only.
 */
export function watchMedia(query: string, onChange: () => void): WatchedMedia {
  const list: MediaQueryList | undefined = typeof window.matchMedia === 'function' ? matchMedia(query) : undefined;
  if (list === undefined) return { matches: () => false, stop: () => undefined };
  const matches = () => list.matches;
  if (typeof list.addEventListener === 'function') {
    list.addEventListener('change', onChange);
    return { matches, stop: () => list.removeEventListener('change', onChange) };
  }
  list.addListener?.(onChange);
  return { matches, stop: () => list.removeListener?.(onChange) };
}
