import { digitsAt, isDigit, skipDigits } from './characters.ts';

/** A time found in a text. */
export interface FoundTime {
  /** ISO 8601, as precise as it was written; without an offset where the text has none (local to the source). */
  readonly iso: string;
  /** Position behind it in the text. */
  readonly end: number;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const microsecondsPerDay = 86_400_000_000;

/**
 * The time that stands at a position, in one of the forms that logs use: ISO 8601 and its relatives
 * (`2024-01-31 10:20:30,123 +0100`, `2024/01/31 10:20:30`), `31/Jan/2024:10:20:30 +0000`, `31-Jan-2024 10:20:30.123`,
 * `Jan 31, 2024 10:20:30 PM`, `01/31/2024, 10:20:30 PM`, `Jan 31 10:20:30`, `10:20:30.123`.
 *
 * @param reference The event's own time, microseconds since the epoch: a date without a year is of the year nearest to it.
 */
export function timeAt(text: string, at: number, reference: number): FoundTime | undefined {
  const first = text.charCodeAt(at);
  if (isDigit(first)) return startingWithDigit(text, at);
  if (text.charCodeAt(at + 3) === 0x20) return startingWithMonth(text, at, reference);
  return undefined;
}

function startingWithDigit(text: string, at: number): FoundTime | undefined {
  const fifth = text.charCodeAt(at + 4);
  if (fifth === 0x2d || fifth === 0x2f) return yearFirst(text, at);
  const third = text.charCodeAt(at + 2);
  if (third === 0x3a) return timeOfDay(text, at, 'T');
  if ((third === 0x2f || third === 0x2d) && !isDigit(text.charCodeAt(at + 3))) return dayFirst(text, at);
  return american(text, at);
}

/** `2024-01-31T10:20:30.123Z` and the like: `/` for `-`, a space for `T`, `,` for `.`. */
function yearFirst(text: string, at: number): FoundTime | undefined {
  const month = digitsAt(text, at + 5, 2);
  const day = digitsAt(text, at + 8, 2);
  if (digitsAt(text, at, 4) < 0 || !isDate(month, day)) return undefined;
  if (text.charCodeAt(at + 7) !== text.charCodeAt(at + 4)) return undefined;
  const separator = text.charCodeAt(at + 10);
  if (separator !== 0x54 && separator !== 0x20) return undefined;
  const clock = endOfClock(text, at + 11);
  if (clock < 0) return undefined;
  const fraction = endOfFraction(text, clock);
  const zone = endOfZone(text, fraction);
  const isIso =
    separator === 0x54 &&
    text.charCodeAt(at + 4) === 0x2d &&
    text.charCodeAt(clock) !== 0x2c &&
    isIsoZone(text, fraction, zone);
  if (isIso) return { iso: text.slice(at, zone), end: zone };
  const date = `${text.slice(at, at + 4)}-${text.slice(at + 5, at + 7)}-${text.slice(at + 8, at + 10)}T`;
  return { iso: date + clockText(text, at + 11, clock, fraction, zone), end: zone };
}

/** `31/Jan/2024:10:20:30 +0000` of access logs, `31-Jan-2024 10:20:30.123` of Tomcat. */
function dayFirst(text: string, at: number): FoundTime | undefined {
  const month = months.indexOf(text.slice(at + 3, at + 6)) + 1;
  if (!isDate(month, digitsAt(text, at, 2)) || digitsAt(text, at + 7, 4) < 0) return undefined;
  const separator = text.charCodeAt(at + 11);
  if (separator !== 0x3a && separator !== 0x20) return undefined;
  return timeOfDay(text, at + 12, `${text.slice(at + 7, at + 11)}-${twoDigits(month)}-${text.slice(at, at + 2)}T`);
}

/** `Jan 31, 2024 10:20:30 PM` of java.util.logging, `Jan 31 10:20:30` of syslog. */
function startingWithMonth(text: string, at: number, reference: number): FoundTime | undefined {
  const month = months.indexOf(text.slice(at, at + 3)) + 1;
  if (month === 0) return undefined;
  const dayAt = text.charCodeAt(at + 4) === 0x20 ? at + 5 : at + 4;
  const dayEnd = skipDigits(text, dayAt);
  const day = Number(text.slice(dayAt, dayEnd));
  if (dayEnd === dayAt || dayEnd > dayAt + 2 || !isDate(month, day)) return undefined;
  const date = `${twoDigits(month)}-${twoDigits(day)}T`;
  if (text.charCodeAt(dayEnd) === 0x2c && digitsAt(text, dayEnd + 2, 4) >= 0) {
    return twelveHours(text, dayEnd + 7, `${text.slice(dayEnd + 2, dayEnd + 6)}-${date}`);
  }
  if (text.charCodeAt(dayEnd) !== 0x20) return undefined;
  return timeOfDay(text, dayEnd + 1, `${nearestYear(month, day, reference)}-${date}`);
}

/** `1/31/2024, 10:20:30 PM`, as JavaScript writes it for the United States. */
function american(text: string, at: number): FoundTime | undefined {
  const monthEnd = skipDigits(text, at);
  const dayEnd = skipDigits(text, monthEnd + 1);
  if (text.charCodeAt(monthEnd) !== 0x2f || text.charCodeAt(dayEnd) !== 0x2f || dayEnd > at + 5) return undefined;
  const month = Number(text.slice(at, monthEnd));
  const day = Number(text.slice(monthEnd + 1, dayEnd));
  if (!isDate(month, day) || digitsAt(text, dayEnd + 1, 4) < 0 || text.charCodeAt(dayEnd + 5) !== 0x2c)
    return undefined;
  const date = `${text.slice(dayEnd + 1, dayEnd + 5)}-${twoDigits(month)}-${twoDigits(day)}T`;
  return twelveHours(text, dayEnd + 7, date);
}

/** The date of the year that brings it nearest to the reference, so that December read in January is last year's. */
function nearestYear(month: number, day: number, reference: number): number {
  const year = new Date(reference / 1000).getUTCFullYear();
  if (Number.isNaN(year)) return 1970;
  const offset = (Date.UTC(year, month - 1, day) * 1000 - reference) / microsecondsPerDay;
  if (offset > 183) return year - 1;
  return offset < -183 ? year + 1 : year;
}

function timeOfDay(text: string, at: number, date: string): FoundTime | undefined {
  const clock = endOfClock(text, at);
  if (clock < 0) return undefined;
  const fraction = endOfFraction(text, clock);
  const zone = endOfZone(text, fraction);
  return { iso: date + clockText(text, at, clock, fraction, zone), end: zone };
}

/** `1:02:03 PM`, with any space between the time and its half of the day. */
function twelveHours(text: string, at: number, date: string): FoundTime | undefined {
  const hourEnd = skipDigits(text, at);
  const hour = Number(text.slice(at, hourEnd));
  if (hourEnd === at || hourEnd > at + 2 || hour < 1 || hour > 12) return undefined;
  if (endOfClock(text, hourEnd - 2, 0) !== hourEnd + 6) return undefined;
  const half = text.slice(hourEnd + 7, hourEnd + 9);
  if (half !== 'AM' && half !== 'PM') return undefined;
  const hour24 = (hour % 12) + (half === 'PM' ? 12 : 0);
  return { iso: `${date}${twoDigits(hour24)}${text.slice(hourEnd, hourEnd + 6)}`, end: hourEnd + 9 };
}

/** Behind `hh:mm:ss`, or -1. */
function endOfClock(text: string, at: number, hour = digitsAt(text, at, 2)): number {
  const minute = digitsAt(text, at + 3, 2);
  const second = digitsAt(text, at + 6, 2);
  if (hour < 0 || hour > 24 || minute < 0 || minute > 59 || second < 0 || second > 60) return -1;
  if (text.charCodeAt(at + 2) !== 0x3a || text.charCodeAt(at + 5) !== 0x3a) return -1;
  return isDigit(text.charCodeAt(at + 8)) ? -1 : at + 8;
}

function endOfFraction(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code !== 0x2e && code !== 0x2c) return at;
  const end = skipDigits(text, at + 1);
  return end === at + 1 || end > at + 10 ? at : end;
}

/** Behind `Z`, `+01:00`, `+0100` or ` UTC`, the offset perhaps after one space; `at` where there is none. */
function endOfZone(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code === 0x5a) return at + 1;
  const signAt = code === 0x20 ? at + 1 : at;
  const sign = text.charCodeAt(signAt);
  if (sign === 0x2b || sign === 0x2d) {
    const minutesAt = text.charCodeAt(signAt + 3) === 0x3a ? signAt + 4 : signAt + 3;
    const hours = digitsAt(text, signAt + 1, 2);
    const minutes = digitsAt(text, minutesAt, 2);
    const ends = !isDigit(text.charCodeAt(minutesAt + 2));
    return hours >= 0 && hours <= 14 && minutes >= 0 && minutes < 60 && ends ? minutesAt + 2 : at;
  }
  return text.startsWith(' UTC', at) || text.startsWith(' GMT', at) ? at + 4 : at;
}

function isIsoZone(text: string, at: number, end: number): boolean {
  return end === at || end === at + 1 || (end === at + 6 && text.charCodeAt(at) !== 0x20);
}

function clockText(text: string, at: number, clock: number, fraction: number, zone: number): string {
  const decimals = fraction > clock ? `.${text.slice(clock + 1, fraction)}` : '';
  return text.slice(at, clock) + decimals + zoneText(text.slice(fraction, zone).trim());
}

function zoneText(zone: string): string {
  if (zone === 'UTC' || zone === 'GMT') return 'Z';
  return zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
}

function isDate(month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/**
 * ISO 8601 in UTC of a time field that is a number since the epoch: seconds, milliseconds, microseconds or nanoseconds,
 * told apart by size (years 2001 to 2286), with every digit that was written. Undefined for other numbers.
 */
export function isoOfEpoch(text: string): string | undefined {
  const end = skipDigits(text, 0);
  const isDecimal = text.charCodeAt(end) === 0x2e && skipDigits(text, end + 1) === text.length && end + 1 < text.length;
  if (end !== text.length && !isDecimal) return undefined;
  const unit = end - 10;
  if (unit !== 0 && unit !== 3 && unit !== 6 && unit !== 9) return undefined;
  const seconds = Number(text.slice(0, 10));
  if (seconds < 1_000_000_000) return undefined;
  const fraction = (text.slice(10, end) + (isDecimal ? text.slice(end + 1) : '')).slice(0, 9);
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  return fraction === '' ? `${whole}Z` : `${whole}.${fraction}Z`;
}
