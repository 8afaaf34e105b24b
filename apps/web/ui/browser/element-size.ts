/**
 * Calls back with an element now and whenever its size changes; where the browser has no ResizeObserver, whenever the
 * window's does.
 * @returns what ends it
 */
export function watchSize(element: HTMLElement, onSize: (element: HTMLElement) => void): () => void {
  const measure = () => onSize(element);
  if (typeof window.ResizeObserver === 'function') {
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }
  measure();
  window.addEventListener('resize', measure);
  return () => window.removeEventListener('resize', measure);
}
