import { useSyncExternalStore } from 'react';

const moved = 'tailrace:moved';

function subscribe(listener: () => void): () => void {
  window.addEventListener('popstate', listener);
  window.addEventListener(moved, listener);
  return () => {
    window.removeEventListener('popstate', listener);
    window.removeEventListener(moved, listener);
  };
}

/** Path and query of the address, as they are now. */
export function useAddress(): { readonly path: string; readonly search: string } {
  const address = useSyncExternalStore(subscribe, () => location.pathname + location.search);
  const [path = '/', search] = address.split(/(?=\?)/);
  return { path, search: search ?? '' };
}

/** Goes to another address of the page, without loading anything. */
export function navigate(address: string, how: 'push' | 'replace' = 'push'): void {
  if (address === location.pathname + location.search) return;
  history[how === 'push' ? 'pushState' : 'replaceState'](null, '', address);
  window.dispatchEvent(new Event(moved));
}

const pages = ['live', 'connections', 'alerts', 'replays'] as const;
export type Page = (typeof pages)[number];

/** What an address shows: `/projects/shop/alerts/alert_1` is the page alerts with one alert. */
export interface Route {
  readonly project: string | undefined;
  readonly page: Page;
  /** What is below the page. */
  readonly rest: readonly string[];
}

export function routeOf(path: string): Route {
  const [, first, project, page, ...rest] = path.split('/').map(decoded);
  if (first !== 'projects' || !project) return { project: undefined, page: 'live', rest: [] };
  // The address of a rule in the API's answers; it is shown among the alerts.
  if (page === 'alert-rules') return { project, page: 'alerts', rest: ['rules', ...rest] };
  return { project, page: pages.find((each) => each === page) ?? 'live', rest: rest.filter((each) => each !== '') };
}

export function pagePath(project: string, page: Page, ...rest: readonly string[]): string {
  return `/${['projects', project, page, ...rest].map(encodeURIComponent).join('/')}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
