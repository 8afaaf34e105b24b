import { digitsAt, isDigit, skipDigits } from '../characters.ts';
import { fullYear, isDate, isoDate, monthAt, nearestYear, skipWeekday } from '../time/calendar.ts';
import { two } from '../time/clock.ts';
import { isoOfEpoch } from '../time/epoch.ts';
import { timeAt } from '../time/time-at.ts';
import { zoneAt } from '../time/zone.ts';
import { isoOffset, type ZoneOffset, zoneOffset } from './local-time.ts';

/**
 * Reads a text that is a time and nothing else.
 * @param reference the event's own time, microseconds since the epoch: it completes dates without a year
 * @returns ISO 8601, as precise as it was written, without an offset where neither the text nor the rule has one;
 * undefined for a text of another form.
 */
export type TimeReader = (text: string, reference: number) => string | undefined;

/** What is wrong with a format as a rule writes it. */
export function timeFormatProblem(format: string): string | undefined {
  if (units.has(format)) return undefined;
  const parts = partsOf(format);
  return typeof parts === 'string' ? parts : undefined;
}

/** @param format left out: any form that the parsers know, or a number since the epoch. @throws for one that has a problem. */
export function timeReader(format?: string, zone?: string): TimeReader {
  const offset = zone === undefined ? undefined : zoneOffset(zone);
  const read = format === undefined ? selfEvident : formatted(format);
  if (offset === undefined) return read;
  return (text, reference) => {
    const iso = read(text, reference);
    return iso === undefined ? undefined : inZone(iso, offset, reference);
  };
}

const selfEvident: TimeReader = (text, reference) => {
  const found = timeAt(text, 0, reference);
  return found?.end === text.length ? found.iso : isoOfEpoch(text);
};

const localIso = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?$/;

/** Adds the offset of the zone to a time that has a date and no offset. */
function inZone(iso: string, zone: ZoneOffset, reference: number): string {
  const found = localIso.exec(iso);
  if (found === null) return iso;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1).map(Number);
  return iso + isoOffset(Date.UTC(year, month - 1, day, hour, minute, second), zone, reference);
}

/** Digits that a number since the epoch has behind its seconds. */
const units: ReadonlyMap<string, number> = new Map([
  ['unix', 0],
  ['unix_ms', 3],
  ['unix_us', 6],
  ['unix_ns', 9],
]);

function formatted(format: string): TimeReader {
  const decimals = units.get(format);
  if (decimals !== undefined) return (text) => sinceEpoch(text, decimals);
  const parts = partsOf(format);
  if (typeof parts === 'string') throw new Error(`the time format ${parts}`);
  return (text, reference) => {
    const read: Reading = { at: 0 };
    for (const part of parts) if (!part(text, read)) return undefined;
    return read.at === text.length ? isoOf(read, reference) : undefined;
  };
}

function sinceEpoch(text: string, decimals: number): string | undefined {
  const found = /^(\d{1,19})(?:\.(\d{1,9}))?$/.exec(text);
  if (found === null) return undefined;
  const [, whole = '', below = ''] = found;
  const digits = whole.padStart(decimals + 1, '0');
  const at = digits.length - decimals;
  const seconds = Number(digits.slice(0, at));
  if (seconds > 253_402_300_799) return undefined;
  const fraction = (digits.slice(at) + below).slice(0, 9);
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}${fraction === '' ? '' : `.${fraction}`}Z`;
}

/** What has been read of a time so far. */
interface Reading {
  at: number;
  year?: number;
  shortYear?: number;
  month?: number;
  day?: number;
  dayOfYear?: number;
  hour?: number;
  hour12?: number;
  afternoon?: boolean;
  minute?: number;
  second?: number;
  fraction?: string;
  offset?: string;
}

/** Reads one part behind what has been read. @returns false when something else stands there. */
type Part = (text: string, read: Reading) => boolean;

/** strptime's letters by those that are read here. */
const strptime: Readonly<Record<string, string>> = {
  Y: 'yyyy',
  y: 'yy',
  m: 'MM',
  d: 'dd',
  e: 'd',
  j: 'DDD',
  H: 'HH',
  k: 'H',
  I: 'hh',
  l: 'h',
  M: 'mm',
  S: 'ss',
  p: 'a',
  b: 'MMM',
  h: 'MMM',
  B: 'MMMM',
  a: 'EEE',
  A: 'EEEE',
  z: 'Z',
  Z: 'z',
  f: 'S',
  L: 'SSS',
  N: 'SSSSSSSSS',
  T: 'HH:mm:ss',
  F: 'yyyy-MM-dd',
  D: 'MM/dd/yy',
  R: 'HH:mm',
};

/** @returns the parts of a format, or what is wrong with it. */
function partsOf(format: string): readonly Part[] | string {
  const letters = format.includes('%') ? fromStrptime(format) : format;
  if (typeof letters !== 'string') return letters.problem;
  const parts: Part[] = [];
  for (let at = 0; at < letters.length; ) {
    const character = letters.charAt(at);
    if (character === "'") {
      const end = letters.indexOf("'", at + 1);
      if (end < 0) return "has a ' that is not closed";
      parts.push(literal(end === at + 1 ? "'" : letters.slice(at + 1, end)));
      at = end + 1;
      continue;
    }
    let end = at + 1;
    while (letters.charAt(end) === character) end++;
    const run = letters.slice(at, end);
    const part = /[A-Za-z]/.test(character) ? partOf(run) : literal(run);
    if (part === undefined) {
      return `has ${run}, which is no part of a time: use yyyy MM dd HH mm ss SSS a EEE MMM Z z, and put other letters into '…'`;
    }
    parts.push(part);
    at = end;
  }
  return parts;
}

function fromStrptime(format: string): string | { readonly problem: string } {
  let problem: string | undefined;
  const letters = format.replace(/%([A-Za-z%])|[A-Za-z]+|%/g, (found, letter: string | undefined) => {
    if (letter === '%') return '%';
    if (letter === undefined && found !== '%') return `'${found}'`;
    const known = strptime[letter ?? ''];
    if (known === undefined) problem ??= `has ${found}, which is not a part that strptime's formats have`;
    return known ?? '';
  });
  return problem === undefined ? letters : { problem };
}

function literal(wanted: string): Part {
  return (text, read) => {
    if (!text.startsWith(wanted, read.at)) return false;
    read.at += wanted.length;
    return true;
  };
}

type NumberField = 'year' | 'shortYear' | 'month' | 'day' | 'dayOfYear' | 'hour' | 'hour12' | 'minute' | 'second';

/** A number of so many digits, at least; a blank may stand for the first, as C pads. */
function number(field: NumberField, least: number, most: number): Part {
  return (text, read) => {
    let from = read.at;
    let digits = Math.min(skipDigits(text, from), from + most) - from;
    if (digits === 0 && text.charCodeAt(from) === 0x20 && most > 1) {
      from += 1;
      digits = isDigit(text.charCodeAt(from)) ? 1 : 0;
    } else if (digits < least) return false;
    if (digits === 0) return false;
    read[field] = digitsAt(text, from, digits);
    read.at = from + digits;
    return true;
  };
}

const fraction: Part = (text, read) => {
  const end = skipDigits(text, read.at);
  if (end === read.at || end > read.at + 9) return false;
  read.fraction = text.slice(read.at, end);
  read.at = end;
  return true;
};

const monthName: Part = (text, read) => {
  const found = monthAt(text, read.at);
  if (found === undefined) return false;
  read.month = found.month;
  read.at = text.charAt(found.end) === '.' ? found.end + 1 : found.end;
  return true;
};

/** Its blank or comma behind it belong to the format. */
const weekday: Part = (text, read) => {
  const end = skipWeekday(`${text.slice(read.at, read.at + 10).replace(/[^A-Za-z].*$/s, '')} `, 0);
  if (end === 0) return false;
  read.at += end - 1;
  return true;
};

const halfOfDay: Part = (text, read) => {
  const found = /^([ap])\.?m\.?/i.exec(text.slice(read.at, read.at + 4));
  if (found === null) return false;
  read.afternoon = found[1]?.toLowerCase() === 'p';
  read.at += found[0].length;
  return true;
};

const zone: Part = (text, read) => {
  const { offset, end } = zoneAt(text, read.at);
  if (end === read.at) return false;
  read.offset = offset;
  read.at = end;
  return true;
};

function partOf(run: string): Part | undefined {
  const { length } = run;
  switch (run.charAt(0)) {
    case 'y':
    case 'u':
      return length === 2 ? number('shortYear', 2, 2) : number('year', 4, 4);
    case 'M':
    case 'L':
      return length > 2 ? monthName : number('month', length === 2 ? 2 : 1, 2);
    case 'd':
      return number('day', length === 2 ? 2 : 1, 2);
    case 'D':
      return number('dayOfYear', 1, 3);
    case 'H':
      return number('hour', length === 2 ? 2 : 1, 2);
    case 'h':
      return number('hour12', length === 2 ? 2 : 1, 2);
    case 'm':
      return length > 2 ? undefined : number('minute', length, 2);
    case 's':
      return length > 2 ? undefined : number('second', length, 2);
    case 'S':
      return fraction;
    case 'a':
      return halfOfDay;
    case 'E':
      return weekday;
    case 'Z':
    case 'X':
    case 'x':
    case 'z':
      return zone;
    default:
      return undefined;
  }
}

function isoOf(read: Reading, reference: number): string | undefined {
  const { hour12, afternoon = false, minute = 0, second = 0, fraction: decimals, offset = '' } = read;
  if (hour12 !== undefined && (hour12 < 1 || hour12 > 12)) return undefined;
  const hour = hour12 === undefined ? (read.hour ?? 0) : (hour12 % 12) + (afternoon ? 12 : 0);
  if (hour > 24 || minute > 59 || second > 60) return undefined;
  const clock = `${two(hour)}:${two(minute)}:${two(second)}${decimals === undefined ? '' : `.${decimals}`}${offset}`;
  const date = dateOf(read, reference);
  return date === undefined ? undefined : `${date}${clock}`;
}

/** Up to the `T`; `T` alone where there is no date. */
function dateOf({ year, shortYear, month, day, dayOfYear }: Reading, reference: number): string | undefined {
  const given = year ?? (shortYear === undefined ? undefined : fullYear(shortYear, reference));
  if (dayOfYear !== undefined && given !== undefined) {
    if (dayOfYear < 1 || dayOfYear > 366) return undefined;
    return new Date(Date.UTC(given, 0, dayOfYear)).toISOString().slice(0, 11);
  }
  if (month === undefined && day === undefined && given === undefined) return 'T';
  const [monthOfYear, dayOfMonth] = [month ?? 1, day ?? 1];
  if (!isDate(monthOfYear, dayOfMonth)) return undefined;
  return isoDate(given ?? nearestYear(monthOfYear, dayOfMonth, reference), monthOfYear, dayOfMonth);
}
