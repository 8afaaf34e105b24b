/**
 * A point in time, nanoseconds since the epoch. Clouds differ in what they keep (AWS milliseconds, Azure 100 ns ticks,
 * Google nanoseconds), so the simulator keeps the finest and each cloud shows its own.
 */
export type Instant = bigint;

/** From milliseconds; a fraction is kept to the microsecond. */
export function instantFromMs(ms: number): Instant {
  return BigInt(Math.round(ms * 1000)) * 1000n;
}

/** From microseconds, with what is below the microsecond (0 to 999 ns) beside it. */
export function instantFromMicros(micros: number, nanos = 0): Instant {
  return BigInt(micros) * 1000n + BigInt(nanos);
}

/** Whole milliseconds, rounded down. */
export function msOf(instant: Instant): number {
  return Number(instant / 1_000_000n);
}

/** Whole microseconds, rounded down. */
export function microsOf(instant: Instant): number {
  return Number(instant / 1000n);
}

/** What the instant has below the microsecond, 0 to 999. */
export function nanosOf(instant: Instant): number {
  return Number(instant % 1000n);
}

/** RFC 3339 in UTC with the given count of fraction digits, e.g. 7 for Kusto: `2026-01-02T03:04:05.1234567Z`. */
export function rfc3339(instant: Instant, digits: number): string {
  const seconds = new Date(Number(instant / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  if (digits === 0) return `${seconds}Z`;
  const fraction = (instant % 1_000_000_000n).toString().padStart(9, '0').slice(0, digits);
  return `${seconds}.${fraction}Z`;
}

const rfc3339Pattern =
  /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9})\d*)?(?:([Zz])|([+-]\d\d:\d\d))?)?$/;

/** Reads RFC 3339, a bare date, or a time without a zone (UTC then, as Kusto does); undefined when it is none of these. */
export function parseRfc3339(text: string): Instant | undefined {
  const match = rfc3339Pattern.exec(text);
  if (match === null) return undefined;
  const [, date, time = '00:00:00', fraction = '', , offset] = match;
  const ms = Date.parse(`${date}T${time.length === 5 ? `${time}:00` : time}${offset ?? 'Z'}`);
  if (Number.isNaN(ms)) return undefined;
  return BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}
