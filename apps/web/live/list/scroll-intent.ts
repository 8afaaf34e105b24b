/** Called with what a person means to do with a scrolled element. */
export interface ScrollIntentListener {
  /** Somebody scrolls up, or begins to. */
  readonly onUp: () => void;
  /** Somebody holds the scrollbar, or has let go of it. */
  readonly onDrag: (isDragging: boolean) => void;
}

/** A finger that rests does not scroll. */
const restingPx = 3;

/**
 * Watches for a person who scrolls up: by wheel, finger or keys. A `scroll` event cannot tell: browsers fire it as well
 * when they clamp the place because the content or the box changed its height (CSSOM View, 4.2).
 * @returns stops watching
 */
export function watchScrollIntent(element: HTMLElement, { onUp, onDrag }: ScrollIntentListener): () => void {
  const watching = new AbortController();
  const { signal } = watching;
  const passive = { signal, passive: true };
  const up = () => {
    if (element.scrollTop > 0) onUp();
  };
  const wheel = ({ deltaY, ctrlKey, shiftKey }: WheelEvent) => {
    // With Control the page is zoomed; with Shift the wheel scrolls sideways.
    if (deltaY < 0 && !ctrlKey && !shiftKey) up();
  };
  let fingerAt: number | undefined;
  const touch = ({ touches }: TouchEvent) => {
    const at = touches[0]?.clientY;
    if (at !== undefined && fingerAt !== undefined && at - fingerAt > restingPx) up();
    fingerAt = at;
  };
  const key = (event: KeyboardEvent) => {
    const isUp = ['ArrowUp', 'PageUp', 'Home'].includes(event.key) || (event.key === ' ' && event.shiftKey);
    if (isUp && !event.defaultPrevented) up();
  };
  element.addEventListener('wheel', wheel, passive);
  for (const name of ['touchstart', 'touchmove'] as const) element.addEventListener(name, touch, passive);
  element.addEventListener('keydown', key, { signal });
  // All of the list but its scrollbar is covered by what is in it.
  element.addEventListener('pointerdown', ({ target }) => target === element && onDrag(true), { signal });
  for (const name of ['pointerup', 'pointercancel'] as const) {
    window.addEventListener(name, () => onDrag(false), { signal });
  }
  // Some browsers do not say when a scrollbar is let go of.
  window.addEventListener('pointermove', ({ buttons }) => buttons === 0 && onDrag(false), { signal });
  return () => watching.abort();
}
