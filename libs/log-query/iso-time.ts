/**
 * RFC 3339 in UTC with milliseconds at least, and microseconds and nanoseconds where there are any.
 * @param micros microseconds since the epoch. @param nanos what is below the microsecond, 0 to 999.
 */
export function isoNanos(micros: number, nanos = 0): string {
  const millis = Math.floor(micros / 1000);
  const below = (micros - millis * 1000) * 1000 + nanos;
  const iso = new Date(millis).toISOString();
  if (below === 0) return iso;
  const digits = String(below).padStart(6, '0');
  return `${iso.slice(0, -1)}${digits.endsWith('000') ? digits.slice(0, 3) : digits}Z`;
}
