import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a request comes from a page of this server's own origin, by what a browser says and no page can change.
 * `Sec-Fetch-Site` is the browser's own verdict and holds behind any proxy; browsers send it over https and to this
 * machine only, and old ones never. Else the `Origin` must be of the host that was asked. A request that says neither is
 * of no page, or of a browser that cannot be judged: refused.
 * @param host that the browser asked for, as the proxy in front says it where one is trusted
 */
export function isSameOrigin(headers: IncomingHttpHeaders, host: string | undefined): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin } = headers;
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}
