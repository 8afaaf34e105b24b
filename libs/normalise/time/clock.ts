import { digitsAt, isDigit, skipDigits } from '../characters.ts';
import { zoneAt } from './zone.ts';

/** A time of day found in a text. */
export interface FoundClock {
  /** `hh:mm:ss`, perhaps with a fraction and an offset, as ISO 8601 writes it after the `T`. */
  readonly iso: string;
  /** Position behind it. */
  readonly end: number;
}

const colon = 0x3a;
const mostFractionDigits = 9;

/**
 * The time of day at a position: `10:20:30`, `1:20:30` (12 hours, with AM or PM behind), a fraction after `.`, `,` or `:`,
 * then a zone. `separator` is what stands between hours, minutes and seconds.
 */
export function clockAt(text: string, at: number, separator = colon): FoundClock | undefined {
  const hourEnd = skipTwoDigits(text, at);
  const hour = hourEnd === at ? -1 : digitsAt(text, at, hourEnd - at);
  if (hour < 0 || hour > 24 || text.charCodeAt(hourEnd) !== separator) return undefined;
  const minute = digitsAt(text, hourEnd + 1, 2);
  if (text.charCodeAt(hourEnd + 3) !== separator) return kitchenClock(text, hourEnd + 3, hour, minute);
  const second = digitsAt(text, hourEnd + 4, 2);
  if (minute < 0 || minute > 59 || second < 0 || second > 60) return undefined;
  const secondsEnd = hourEnd + 6;
  if (isDigit(text.charCodeAt(secondsEnd))) return undefined;
  const fractionEnd = endOfFraction(text, secondsEnd);
  const fraction = fractionEnd > secondsEnd ? `.${text.slice(secondsEnd + 1, fractionEnd)}` : '';
  const half = halfOfDay(text, fractionEnd);
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return undefined;
    const hour24 = (hour % 12) + (half.isAfternoon ? 12 : 0);
    return finish(text, half.end, hour24, minute, second, fraction);
  }
  if (hourEnd - at === 2 && separator === colon) {
    // The usual case, cut out in one piece.
    const zone = zoneAt(text, fractionEnd);
    return { iso: text.slice(at, secondsEnd) + fraction + zone.offset, end: zone.end };
  }
  return finish(text, fractionEnd, hour, minute, second, fraction);
}

/** `3:04PM`, which zerolog's console has. */
function kitchenClock(text: string, at: number, hour: number, minute: number): FoundClock | undefined {
  const half = minute < 0 || minute > 59 || hour < 1 || hour > 12 ? undefined : halfOfDay(text, at);
  // With a blank between it is a time that people write.
  if (half === undefined || half.end !== at + 2) return undefined;
  return { iso: `${two((hour % 12) + (half.isAfternoon ? 12 : 0))}:${two(minute)}`, end: half.end };
}

/** `10:20` and `10:20.30`, hours, minutes and perhaps seconds, as they stand behind a whole date. */
export function minuteClockAt(text: string, at: number): FoundClock | undefined {
  const hour = digitsAt(text, at, 2);
  const minute = digitsAt(text, at + 3, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || text.charCodeAt(at + 2) !== colon) return undefined;
  const next = text.charCodeAt(at + 5);
  if (next === colon || isDigit(next)) return undefined;
  if (next !== 0x2e || !isDigit(text.charCodeAt(at + 6))) return { iso: text.slice(at, at + 5), end: at + 5 };
  const second = digitsAt(text, at + 6, 2);
  if (second < 0 || second > 59 || isDigit(text.charCodeAt(at + 8))) return undefined;
  return { iso: `${text.slice(at, at + 5)}:${text.slice(at + 6, at + 8)}`, end: at + 8 };
}

/** `hhmmss` without separators, with a fraction and zone perhaps. */
export function compactClockAt(text: string, at: number): FoundClock | undefined {
  const hour = digitsAt(text, at, 2);
  const minute = digitsAt(text, at + 2, 2);
  const second = digitsAt(text, at + 4, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return undefined;
  const digitsEnd = skipDigits(text, at + 6);
  if (digitsEnd > at + 6 + mostFractionDigits) return undefined;
  const attached = text.slice(at + 6, digitsEnd);
  const fractionEnd = attached === '' ? endOfFraction(text, digitsEnd) : digitsEnd;
  const decimals = attached === '' ? text.slice(digitsEnd + 1, fractionEnd) : attached;
  return finish(text, fractionEnd, hour, minute, second, decimals === '' ? '' : `.${decimals}`);
}

/** `9:5:3:45`: hours, minutes, seconds and milliseconds, none of them padded. */
export function unpaddedClockAt(text: string, at: number): FoundClock | undefined {
  const numbers: number[] = [];
  let end = at;
  for (let part = 0; part < 4; part++) {
    const from = part === 0 ? at : end + 1;
    if (part > 0 && text.charCodeAt(end) !== colon) return undefined;
    end = skipDigits(text, from);
    if (end === from || end - from > (part < 3 ? 2 : 3)) return undefined;
    numbers.push(digitsAt(text, from, end - from));
  }
  const [hour, minute, second, millis] = numbers as [number, number, number, number];
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  return { iso: `${two(hour)}:${two(minute)}:${two(second)}.${String(millis).padStart(3, '0')}`, end };
}

function finish(text: string, at: number, hour: number, minute: number, second: number, fraction: string): FoundClock {
  const zone = zoneAt(text, at);
  return { iso: `${two(hour)}:${two(minute)}:${two(second)}${fraction}${zone.offset}`, end: zone.end };
}

/** Behind one or two digits. */
function skipTwoDigits(text: string, at: number): number {
  if (!isDigit(text.charCodeAt(at))) return at;
  return isDigit(text.charCodeAt(at + 1)) ? at + 2 : at + 1;
}

/** Behind `.123`, `,123` or `:123`; `at` where there is none. */
function endOfFraction(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code !== 0x2e && code !== 0x2c && code !== colon) return at;
  const end = skipDigits(text, at + 1);
  if (end === at + 1 || end > at + 1 + mostFractionDigits) return at;
  // Behind a colon only a whole number of milli-, micro- or nanoseconds is part of the time.
  return code !== colon || end === at + 4 || end === at + 7 || end === at + 10 ? end : at;
}

/** ` PM`, `pm`, `p.m.`, after any space. */
function halfOfDay(text: string, at: number): { readonly isAfternoon: boolean; readonly end: number } | undefined {
  const code = text.charCodeAt(at);
  const from = code === 0x20 || code === 0x202f || code === 0xa0 ? at + 1 : at;
  const letter = text.charCodeAt(from) | 0x20;
  if (letter !== 0x61 && letter !== 0x70) return undefined;
  const isAfternoon = letter === 0x70;
  if ((text.charCodeAt(from + 1) | 0x20) === 0x6d) {
    const next = text.charCodeAt(from + 2);
    const isWord = (next | 0x20) >= 0x61 && (next | 0x20) <= 0x7a;
    return isWord ? undefined : { isAfternoon, end: from + 2 };
  }
  return text.slice(from + 1, from + 4).toLowerCase() === '.m.' ? { isAfternoon, end: from + 4 } : undefined;
}

export function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
