import { two } from './clock.ts';

const monthNames = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];
const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
/** First letters of months as logs write them nearly always, so that most look-ups need no lower-casing. */
const shortMonths = new Map(
  monthNames.flatMap((name, index) => {
    const short = name.charAt(0).toUpperCase() + name.slice(1, 3);
    return [
      [short, index + 1],
      [short.toLowerCase(), index + 1],
      [short.toUpperCase(), index + 1],
    ] as const;
  }),
);
/** First two letters of all these names: no more is needed to tell most words from them. */
const beginnings = new Set([...monthNames, ...weekdays].map((name) => pairOf(name.charCodeAt(0), name.charCodeAt(1))));
const microsecondsPerDay = 86_400_000_000;

function pairOf(first: number, second: number): number {
  return ((first | 0x20) << 8) | (second | 0x20);
}

/** Whether two letters may begin the name of a month or a weekday, in any case. */
export function mayBeginName(first: number, second: number): boolean {
  return beginnings.has(pairOf(first, second));
}

/** Behind the name of a month, whole or of three letters, and its number; undefined when none stands there. */
export function monthAt(text: string, at: number): { readonly month: number; readonly end: number } | undefined {
  const month = shortMonths.get(text.slice(at, at + 3));
  if (month === undefined) return undefined;
  const end = endOfName(text, at, monthNames[month - 1] as string);
  return end < 0 ? undefined : { month, end };
}

/** Behind the name of a weekday, its full stop or comma and the blank after it; `at` when none stands there. */
export function skipWeekday(text: string, at: number): number {
  const lower = text.slice(at, at + 3).toLowerCase();
  const name = weekdays.find((weekday) => weekday.startsWith(lower));
  if (lower.length < 3 || name === undefined) return at;
  let end = endOfName(text, at, name);
  if (end < 0) return at;
  const code = text.charCodeAt(end);
  if (code === 0x2c || code === 0x2e) end++;
  return text.charCodeAt(end) === 0x20 ? end + 1 : at;
}

/** A name may be cut after three letters; after either end no further letter may stand. */
function endOfName(text: string, at: number, name: string): number {
  let end = at + 3;
  if (isLetter(text.charCodeAt(end))) {
    if (text.slice(at, at + name.length).toLowerCase() !== name) return -1;
    end = at + name.length;
  }
  return isLetter(text.charCodeAt(end)) ? -1 : end;
}

function isLetter(code: number): boolean {
  return (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
}

export function isDate(month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/** `2024-01-31T`: a date up to the time of day. */
export function isoDate(year: number, month: number, day: number): string {
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T`;
}

/** The date of the year that brings it nearest to the reference, so that December read in January is last year's. */
export function nearestYear(month: number, day: number, reference: number): number {
  const year = new Date(reference / 1000).getUTCFullYear();
  if (Number.isNaN(year)) return 1970;
  const offset = (Date.UTC(year, month - 1, day) * 1000 - reference) / microsecondsPerDay;
  if (offset > 183) return year - 1;
  return offset < -183 ? year + 1 : year;
}

/** The year that two digits stand for, in the century that brings it nearest to the reference. */
export function fullYear(twoDigits: number, reference: number): number {
  const year = new Date(reference / 1000).getUTCFullYear();
  if (Number.isNaN(year)) return 2000 + twoDigits;
  const inCentury = Math.floor(year / 100) * 100 + twoDigits;
  if (inCentury - year > 50) return inCentury - 100;
  return year - inCentury > 50 ? inCentury + 100 : inCentury;
}

/** Year, month, day. */
export type CalendarDate = readonly [number, number, number];

/** Of the readings of an ambiguous date (day or month first, two digits of a year), the one nearest to the reference. */
export function nearestDate(readings: readonly CalendarDate[], reference: number): CalendarDate | undefined {
  let nearest: CalendarDate | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const reading of readings) {
    const [year, month, day] = reading;
    if (!isDate(month, day)) continue;
    const distance = Math.abs(Date.UTC(year, month - 1, day) * 1000 - reference);
    // Also where the reference is no time at all the first reading stands.
    if (nearest !== undefined && !(distance < least)) continue;
    nearest = reading;
    least = distance;
  }
  return nearest;
}
