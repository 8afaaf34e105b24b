import { useSyncExternalStore } from 'react';

const moved = 'tailrace:moved';

function subscribe(listener: () => void): () => void {
  window.addEventListener('popstate', forgetPending);
  window.addEventListener('popstate', listener);
  window.addEventListener(moved, listener);
  return () => {
    window.removeEventListener('popstate', listener);
    window.removeEventListener(moved, listener);
  };
}

/** Path and query of the address, as they are now. */
export function useAddress(): { readonly path: string; readonly search: string } {
  const address = useSyncExternalStore(subscribe, currentAddress);
  const [path = '/', search] = address.split(/(?=\?)/);
  return { path, search: search ?? '' };
}

/** The address that the browser has not taken yet. */
let pending: string | undefined;
let retry: ReturnType<typeof setTimeout> | undefined;
/** Safari takes 100 changes in 30 seconds. */
const retryMs = 5000;

/** Path and query that the page shows: the browser's address, but for the moments in which that lags behind. */
function currentAddress(): string {
  return pending ?? location.pathname + location.search;
}

/** The query of what the page shows. */
export function currentSearch(): string {
  return currentAddress().split(/(?=\?)/)[1] ?? '';
}

/**
 * Goes to another address of the page, without loading anything. A browser may refuse many changes in a short time, as
 * when one walks through lines with a key held down: the page goes there all the same, and its address follows.
 */
export function navigate(address: string, how: 'push' | 'replace' = 'push'): void {
  if (address === currentAddress()) return;
  clearTimeout(retry);
  pending = address;
  write(address, how);
  window.dispatchEvent(new Event(moved));
}

function write(address: string, how: 'push' | 'replace'): void {
  try {
    history[how === 'push' ? 'pushState' : 'replaceState'](null, '', address);
    pending = undefined;
  } catch {
    retry = setTimeout(() => write(address, how), retryMs);
  }
}

/** Takes what follows `#` off the address, and leaves no way back to it. */
export function dropFragment(): void {
  try {
    history.replaceState(null, '', location.pathname + location.search);
  } catch {
    location.hash = '';
  }
}

/** Back and forward lead where the browser says. */
function forgetPending(): void {
  clearTimeout(retry);
  pending = undefined;
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
