import { digitsAt, isDigit, isWordCharacter, skipDigits } from '../characters.ts';
import { fullYear, isDate, isoDate, mayBeginName, monthAt, nearestYear, skipWeekday } from './calendar.ts';
import { clockAt, compactClockAt, minuteClockAt } from './clock.ts';
import { type FoundTime, joined, skipToClock } from './date-and-clock.ts';
import { compactDate, eightDigitDate, numbersOnly, sixDigitDate } from './number-dates.ts';

const dash = 0x2d;
const dot = 0x2e;
const slash = 0x2f;
const colon = 0x3a;
const space = 0x20;

/**
 * The time that stands at a position, in any of the forms that logs use. With digits first: ISO 8601 and its relatives
 * (`2024-01-31 10:20:30,123 +0100`, `2024/01/31 10:20:30`, `2024-01-31-10.20.30`, `20240131T102030Z`, `240131 10:20:30`),
 * day and month in either order (`31/Jan/2024:10:20:30 +0000`, `31 Jan 2024 10:20:30`, `31.01.2024 10:20:30`,
 * `1/31/2024, 10:20:30 PM`, `24/01/31 10:20:30`, `01-31 10:20:30.123`), the time of day alone. With letters first:
 * `Jan 31 10:20:30`, `Jan 31, 2024 10:20:30 PM`, `Wed Jan 31 10:20:30.123 2024`, `Wed, 31 Jan 2024 10:20:30 GMT`.
 *
 * @param reference The event's own time, microseconds since the epoch: of the readings that an ambiguous date allows (no
 * year, two digits of it, day or month first) it decides for the nearest.
 */
export function timeAt(text: string, at: number, reference: number): FoundTime | undefined {
  const first = text.charCodeAt(at);
  if (isDigit(first)) return startingWithDigit(text, at, reference);
  return mayBeginName(first, text.charCodeAt(at + 1)) ? startingWithName(text, at, reference) : undefined;
}

function startingWithDigit(text: string, at: number, reference: number): FoundTime | undefined {
  const fifth = text.charCodeAt(at + 4);
  if (fifth === dash || fifth === slash) {
    const usual = fifth === dash ? isoTime(text, at) : undefined;
    if (usual !== undefined) return usual;
    const found = yearFirst(text, at);
    if (found !== undefined) return found;
  }
  const third = text.charCodeAt(at + 2);
  if (third === colon) {
    const clock = clockAt(text, at);
    return clock && { iso: `T${clock.iso}`, end: clock.end };
  }
  const digits = skipDigits(text, at) - at;
  switch (digits) {
    case 1:
    case 2:
      return dayOrMonthFirst(text, at, at + digits, reference);
    case 4:
      return fifth === dot || fifth === colon ? yearFirst(text, at) : undefined;
    case 6:
      return sixDigitDate(text, at, reference);
    case 8:
      return eightDigitDate(text, at);
    case 14:
    case 17:
      return joined(compactDate(text, at), compactClockAt(text, at + 8));
    default:
      return undefined;
  }
}

/** The form that nearly all software writes, `2024-01-31T10:20:30.123Z`, perhaps with a space or comma: cut out in one piece. */
function isoTime(text: string, at: number): FoundTime | undefined {
  const separator = text.charCodeAt(at + 10);
  if (separator !== 0x54 && separator !== space) return undefined;
  if (text.charCodeAt(at + 7) !== dash || text.charCodeAt(at + 13) !== colon || text.charCodeAt(at + 16) !== colon) {
    return undefined;
  }
  const month = digitsAt(text, at + 5, 2);
  const day = digitsAt(text, at + 8, 2);
  const hour = digitsAt(text, at + 11, 2);
  const minute = digitsAt(text, at + 14, 2);
  const second = digitsAt(text, at + 17, 2);
  if (digitsAt(text, at, 4) < 0 || !isDate(month, day)) return undefined;
  if (hour < 0 || hour > 24 || minute < 0 || minute > 59 || second < 0 || second > 60) return undefined;
  let end = at + 19;
  const mark = text.charCodeAt(end);
  if (mark === dot || mark === 0x2c) {
    const fractionEnd = skipDigits(text, end + 1);
    if (fractionEnd === end + 1 || fractionEnd > end + 10) return undefined;
    end = fractionEnd;
  }
  const next = text.charCodeAt(end);
  if (next === 0x5a && separator === 0x54 && mark !== 0x2c && !isWordCharacter(text.charCodeAt(end + 1))) {
    return { iso: text.slice(at, end + 1), end: end + 1 };
  }
  // A blank before anything but a zone, or one half of the day, ends the time.
  if (!isTimeEnd(text, end, next)) return undefined;
  if (separator === 0x54 && mark !== 0x2c) return { iso: text.slice(at, end), end };
  const fraction = end > at + 19 ? `.${text.slice(at + 20, end)}` : '';
  return { iso: `${text.slice(at, at + 10)}T${text.slice(at + 11, at + 19)}${fraction}`, end };
}

/** Whether what follows can be neither a zone nor AM or PM nor more of the number. */
function isTimeEnd(text: string, end: number, next: number): boolean {
  if (Number.isNaN(next) || next === 0x5d || next === 0x7c || next === 0x09) return true;
  if (next !== space) return false;
  const behind = text.charCodeAt(end + 1);
  if (behind === 0x5b || behind === space || isDigit(behind)) return true;
  // A level in capitals has more letters than any zone has; ` - ` is no offset.
  if (behind === dash) return text.charCodeAt(end + 2) === space;
  return behind >= 0x44 && behind <= 0x5a && behind !== 0x50 && longerThanZone(text, end + 1);
}

function longerThanZone(text: string, at: number): boolean {
  const word = text.slice(at, at + 5);
  return (
    word === 'INFO ' || word === 'WARN ' || word === 'DEBUG' || word === 'ERROR' || word === 'FATAL' || word === 'TRACE'
  );
}

/** `2024-01-31T10:20:30.123Z` and the like: `/`, `.` or `:` for `-`, a space, `_`, `-` or `:` for `T`. */
function yearFirst(text: string, at: number): FoundTime | undefined {
  const separator = text.charCodeAt(at + 4);
  const year = digitsAt(text, at, 4);
  const monthEnd = skipDigits(text, at + 5);
  const month = monthEnd - at - 5 > 2 ? -1 : digitsAt(text, at + 5, monthEnd - at - 5);
  const dayEnd = skipDigits(text, monthEnd + 1);
  const day = dayEnd - monthEnd - 1 > 2 ? -1 : digitsAt(text, monthEnd + 1, dayEnd - monthEnd - 1);
  if (year < 0 || !isDate(month, day) || text.charCodeAt(monthEnd) !== separator) return undefined;
  const between = text.charCodeAt(dayEnd);
  const clockFrom = skipToClock(text, dayEnd);
  if (clockFrom < 0) return undefined;
  const clock =
    clockAt(text, clockFrom) ??
    (between === dash ? (clockAt(text, clockFrom, dash) ?? clockAt(text, clockFrom, dot)) : undefined) ??
    (between === 0x54 ? compactClockAt(text, clockFrom) : minuteClockAt(text, clockFrom));
  if (clock === undefined) return undefined;
  const date = dayEnd === at + 10 && separator === dash ? `${text.slice(at, at + 10)}T` : isoDate(year, month, day);
  return { iso: date + clock.iso, end: clock.end };
}

/** Dates that begin with one or two digits: by a month's name behind them, or by numbers only. */
function dayOrMonthFirst(text: string, at: number, end: number, reference: number): FoundTime | undefined {
  const separator = text.charCodeAt(end);
  if (separator !== slash && separator !== dash && separator !== dot && separator !== space) {
    // `9:20:30`: an hour of one digit.
    const clock = separator === colon ? clockAt(text, at) : undefined;
    return clock && { iso: `T${clock.iso}`, end: clock.end };
  }
  const first = digitsAt(text, at, end - at);
  if (isDigit(text.charCodeAt(end + 1)))
    return separator === space ? undefined : numbersOnly(text, at, first, end, reference);
  const named = monthAt(text, end + 1);
  if (named === undefined || !isDate(named.month, first)) return undefined;
  if (text.charCodeAt(named.end) === separator) {
    const yearEnd = skipDigits(text, named.end + 1);
    const year = yearOf(text, named.end + 1, yearEnd, reference);
    if (year > 0) {
      const clockFrom = skipToClock(text, yearEnd);
      return clockFrom < 0 ? undefined : joined(isoDate(year, named.month, first), clockAt(text, clockFrom));
    }
  }
  // `31 Jan 10:20:30.123`.
  const clockFrom = skipToClock(text, named.end);
  if (clockFrom < 0) return undefined;
  return joined(isoDate(nearestYear(named.month, first, reference), named.month, first), clockAt(text, clockFrom));
}

/** A year of four or two digits, 0 for anything else. */
function yearOf(text: string, at: number, end: number, reference: number): number {
  if (end === at + 4) return digitsAt(text, at, 4);
  // `31 Jan 10:20:30` has the hour there.
  return end === at + 2 && text.charCodeAt(end) !== colon ? fullYear(digitsAt(text, at, 2), reference) : 0;
}

/** Dates that begin with the name of a weekday or a month. */
function startingWithName(text: string, at: number, reference: number): FoundTime | undefined {
  const dateAt = skipWeekday(text, at);
  if (dateAt > at && isDigit(text.charCodeAt(dateAt))) {
    const end = skipDigits(text, dateAt);
    if (text.charCodeAt(end) === colon) return undefined;
    return end - dateAt > 2 ? yearFirst(text, dateAt) : dayOrMonthFirst(text, dateAt, end, reference);
  }
  const named = monthAt(text, dateAt);
  if (named === undefined) return undefined;
  const nameEnd = text.charCodeAt(named.end) === dot ? named.end + 1 : named.end;
  if (text.charCodeAt(nameEnd) !== space) return undefined;
  const dayAt = text.charCodeAt(nameEnd + 1) === space ? nameEnd + 2 : nameEnd + 1;
  const dayEnd = skipDigits(text, dayAt);
  const day = dayEnd === dayAt || dayEnd > dayAt + 2 ? -1 : digitsAt(text, dayAt, dayEnd - dayAt);
  if (!isDate(named.month, day)) return undefined;
  const yearAt = text.charCodeAt(dayEnd) === 0x2c ? dayEnd + 2 : dayEnd + 1;
  if (digitsAt(text, yearAt, 4) > 0 && !isDigit(text.charCodeAt(yearAt + 4))) {
    const clockFrom = skipToClock(text, yearAt + 4);
    const date = isoDate(digitsAt(text, yearAt, 4), named.month, day);
    return clockFrom < 0 ? undefined : joined(date, clockAt(text, clockFrom));
  }
  const clockFrom = skipToClock(text, dayEnd);
  const clock = clockFrom < 0 ? undefined : clockAt(text, clockFrom);
  if (clock === undefined) return undefined;
  const trailing = yearBehind(text, clock.end, dateAt > at);
  const year = trailing > 0 ? trailing : nearestYear(named.month, day, reference);
  return { iso: isoDate(year, named.month, day) + clock.iso, end: trailing > 0 ? clock.end + 5 : clock.end };
}

/** C's `asctime` and `date` put the year last; behind a date without a weekday only where nothing else can be meant. */
function yearBehind(text: string, at: number, hasWeekday: boolean): number {
  if (text.charCodeAt(at) !== space) return 0;
  const year = digitsAt(text, at + 1, 4);
  const next = text.charCodeAt(at + 5);
  if (year < 1970 || year >= 2100 || isDigit(next)) return 0;
  return hasWeekday || next === 0x5d || next === colon || next === 0x2c ? year : 0;
}
