/**
 * How long a `Retry-After` header asks to wait: whole seconds or a date (RFC 9110, section 10.2.3).
 *
 * @param now the other side's clock where it is known, milliseconds since the epoch.
 * @returns milliseconds; undefined when there is no such header or it says nothing.
 */
export function retryAfterMs(header: string | null | undefined, now = Date.now()): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = /^[A-Z][a-z]{2}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
