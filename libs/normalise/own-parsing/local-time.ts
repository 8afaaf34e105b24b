const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const fixedOffset = /^([+-])(\d{2}):?(\d{2})$/;
const longOffset = /GMT(?:([+-])(\d{2}):(\d{2}))?/;

/** Of one zone: its offset at a time, milliseconds. */
export type ZoneOffset = (utcMs: number) => number;

/** What is wrong with a zone as a rule names it. */
export function zoneProblem(zone: string): string | undefined {
  if (zoneOffset(zone) !== undefined) return undefined;
  return 'is not a time zone: write a name such as Europe/Vienna, UTC, or an offset such as +02:00';
}

/** The offsets of a zone by its IANA name, `UTC`, or a fixed offset; undefined for what is none. */
export function zoneOffset(zone: string): ZoneOffset | undefined {
  const fixed = fixedOffset.exec(zone);
  if (fixed !== null) {
    const minutes = Number(fixed[2]) * 60 + Number(fixed[3]);
    if (minutes > 18 * 60) return undefined;
    const offsetMs = (fixed[1] === '-' ? -minutes : minutes) * minuteMs;
    return () => offsetMs;
  }
  // An abbreviation such as EST has no daylight saving time, which hardly anybody means.
  if (!zone.includes('/') && zone !== 'UTC') return undefined;
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    return remembering((utcMs) => {
      const name = format.formatToParts(utcMs).find(({ type }) => type === 'timeZoneName')?.value ?? '';
      const [, sign, hours = '0', minutes = '0'] = longOffset.exec(name) ?? [];
      const offset = (Number(hours) * 60 + Number(minutes)) * minuteMs;
      return sign === '-' ? -offset : offset;
    });
  } catch {
    return undefined;
  }
}

/** No zone changes its offset within a quarter of an hour. */
const quarterMs = 15 * minuteMs;
const maxRemembered = 256;

function remembering(offset: ZoneOffset): ZoneOffset {
  const known = new Map<number, number>();
  return (utcMs) => {
    const quarter = Math.floor(utcMs / quarterMs);
    const found = known.get(quarter);
    if (found !== undefined) return found;
    if (known.size >= maxRemembered) known.clear();
    const asked = offset(quarter * quarterMs);
    known.set(quarter, asked);
    return asked;
  };
}

/**
 * The offset of a local time, as ISO 8601 writes it. Of the two that an hour has when clocks go back, the one nearer to
 * the reference; a time that clocks jump over has the offset of before.
 * @param localMs the local time as if it were UTC, milliseconds
 * @param reference microseconds since the epoch
 */
export function isoOffset(localMs: number, zone: ZoneOffset, reference: number): string {
  const candidates = new Set([zone(localMs - dayMs), zone(localMs + dayMs)]);
  const valid = [...candidates].filter((offset) => zone(localMs - offset) === offset);
  const distance = (offset: number) => Math.abs(localMs - offset - reference / 1000);
  const [nearest] = valid.sort((one, other) => distance(one) - distance(other));
  return textOf(nearest ?? zone(localMs - dayMs));
}

function textOf(offsetMs: number): string {
  if (offsetMs === 0) return 'Z';
  const minutes = Math.abs(offsetMs) / minuteMs;
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${offsetMs < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
}
