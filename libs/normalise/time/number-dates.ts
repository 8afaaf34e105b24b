import { digitsAt, isDigit, skipDigits } from '../characters.ts';
import { type CalendarDate, fullYear, isDate, isoDate, nearestDate, nearestYear } from './calendar.ts';
import { clockAt, compactClockAt, type FoundClock, unpaddedClockAt } from './clock.ts';
import { type FoundTime, joined, skipToClock } from './date-and-clock.ts';

const dash = 0x2d;
const space = 0x20;

/** `31/01/2024`, `1/31/24`, `24/01/31`, and without a year `01-31`, each before a time of day. */
export function numbersOnly(
  text: string,
  at: number,
  first: number,
  end: number,
  reference: number,
): FoundTime | undefined {
  const separator = text.charCodeAt(end);
  const secondEnd = skipDigits(text, end + 1);
  if (secondEnd - end > 3) return undefined;
  const second = digitsAt(text, end + 1, secondEnd - end - 1);
  let dateEnd = secondEnd;
  let readings: readonly CalendarDate[];
  if (text.charCodeAt(secondEnd) === separator && isDigit(text.charCodeAt(secondEnd + 1))) {
    dateEnd = skipDigits(text, secondEnd + 1);
    const third = digitsAt(text, secondEnd + 1, Math.min(4, dateEnd - secondEnd - 1));
    readings = readingsOf(first, second, third, dateEnd - secondEnd - 1, end - at, reference);
  } else {
    // A version number or an amount is not followed by a time of day after one blank.
    if (text.charCodeAt(secondEnd) !== space || end - at !== 2 || secondEnd - end !== 3) return undefined;
    readings = [
      [nearestYear(first, second, reference), first, second],
      [nearestYear(second, first, reference), second, first],
    ];
  }
  const clockFrom = skipToClock(text, dateEnd);
  const clock = clockFrom < 0 ? undefined : clockAt(text, clockFrom);
  if (clock === undefined) return undefined;
  const date = nearestDate(readings, reference);
  return date && { iso: isoDate(...date) + clock.iso, end: clock.end };
}

function readingsOf(
  first: number,
  second: number,
  third: number,
  thirdLength: number,
  firstLength: number,
  reference: number,
): readonly CalendarDate[] {
  if (thirdLength === 4) {
    return [
      [third, first, second],
      [third, second, first],
    ];
  }
  if (thirdLength !== 2) return [];
  const year = fullYear(third, reference);
  const readings: CalendarDate[] = [
    [year, first, second],
    [year, second, first],
  ];
  if (firstLength === 2) readings.push([fullYear(first, reference), second, third]);
  return readings;
}

/** `240131 10:20:30`, `240131 102030`. */
export function sixDigitDate(text: string, at: number, reference: number): FoundTime | undefined {
  if (text.charCodeAt(at + 6) !== space) return undefined;
  const month = digitsAt(text, at + 2, 2);
  const day = digitsAt(text, at + 4, 2);
  if (!isDate(month, day)) return undefined;
  const date = isoDate(fullYear(digitsAt(text, at, 2), reference), month, day);
  const clockFrom = text.charCodeAt(at + 7) === space ? at + 8 : at + 7;
  return joined(date, clockAt(text, clockFrom) ?? sixDigitClock(text, clockFrom));
}

/** `102030` and nothing of a number behind it. */
function sixDigitClock(text: string, at: number): FoundClock | undefined {
  return skipDigits(text, at) === at + 6 ? compactClockAt(text, at) : undefined;
}

/** `20240131T102030.123Z`, `20240131-10:20:30:123`, `20240131 10:20:30`. */
export function eightDigitDate(text: string, at: number): FoundTime | undefined {
  const date = compactDate(text, at);
  const between = text.charCodeAt(at + 8);
  if (date === undefined || (between !== 0x54 && between !== space && between !== dash && between !== 0x5f))
    return undefined;
  return joined(date, clockAt(text, at + 9) ?? sixDigitClock(text, at + 9) ?? unpaddedClockAt(text, at + 9));
}

export function compactDate(text: string, at: number): string | undefined {
  const year = digitsAt(text, at, 4);
  const month = digitsAt(text, at + 4, 2);
  const day = digitsAt(text, at + 6, 2);
  return year >= 1970 && year < 2100 && isDate(month, day) ? isoDate(year, month, day) : undefined;
}
