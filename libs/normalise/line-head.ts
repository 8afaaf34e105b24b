import { severity, severityOfWord } from '@tailrace/log-record/severity.ts';
import { isDigit, isLetter, isUpper, skipDigits } from './characters.ts';
import { isoOfEpoch } from './time/epoch.ts';
import { timeAt } from './time/time-at.ts';

/** What the beginning of a line says before its message, in whichever order and dress a layout put it. */
export interface LineHead {
  /** ISO 8601; empty when there is none. */
  readonly time: string;
  /** The level as it is written; empty when there is none. */
  readonly level: string;
  readonly severity: number;
  /** Whole numbers before the level, in order: process and thread as a rule. */
  readonly numbers: readonly string[];
  /** Everything else before the last known part, in order: hosts, loggers, threads, what stood in brackets. */
  readonly context: readonly string[];
  /** Behind the time or the level, whichever comes last. */
  readonly end: number;
}

/** No layout has more parts, or a longer head. */
const mostParts = 24;
const longestHead = 1024;
const longestBracket = 256;
/** Behind more than this a time is the message's. */
const farthestTime = 160;
/** Words without a digit or a mark that may stand between a host or logger and the level. */
const mostPlainWords = 3;

const space = 0x20;
const tab = 0x09;
const colon = 0x3a;
const comma = 0x2c;
const bar = 0x7c;
const dash = 0x2d;

/**
 * Words that are levels in a header and ordinary words at the beginning of a sentence: without a time before them they
 * count only where a colon or bracket sets them off.
 */
const ordinary: ReadonlySet<string> = new Set([
  'ALERT',
  'CONFIG',
  'FAIL',
  'FAILURE',
  'FINE',
  'FINER',
  'FYI',
  'HTTP',
  'LOG',
  'NOTE',
  'NOTICE',
  'SUCCESS',
  'SYSTEM',
  'TRACE',
]);

/** One-letter levels: those of klog, Python's tornado, Ruby, MongoDB, Android. */
const letters: Readonly<Record<string, number>> = {
  V: severity.trace,
  T: severity.trace,
  D: severity.debug,
  I: severity.info,
  N: severity.notice,
  W: severity.warn,
  E: severity.error,
  C: severity.fatal,
  F: severity.fatal,
};

/**
 * Reads the head of a line by a grammar instead of by layouts: a time and a level in either order, between them numbers,
 * names, ids and whatever stands in brackets, set apart by blanks, dashes, bars, colons or commas. A level is one only
 * where a header would have it: behind nothing but such parts, and in capitals, in brackets or between separators.
 *
 * @param reference The event's own time, microseconds since the epoch.
 * @returns undefined when the line has neither a time nor a level at its beginning.
 */
export function lineHeadOf(text: string, reference: number): LineHead | undefined {
  const reader = new HeadReader(text, reference);
  reader.read();
  return reader.time === '' && reader.level === '' ? undefined : reader;
}

class HeadReader implements LineHead {
  time = '';
  level = '';
  severity = 0;
  numbers: string[] = [];
  context: string[] = [];
  end = 0;
  private readonly text: string;
  private readonly reference: number;
  private readonly limit: number;
  private at = 0;
  /** Whether something other than blanks set the part that comes apart from the one before. */
  private separated = true;
  /** Whether that was a mark and not the padding of a column. */
  private marked = false;
  private plainWords = 0;
  private hasId = false;
  /** Parts seen since the last known one: they belong to the message unless another known part follows. */
  private pendingNumbers: string[] = [];
  private pendingContext: string[] = [];
  private epoch = '';

  constructor(text: string, reference: number) {
    this.text = text;
    this.reference = reference;
    this.limit = Math.min(text.length, longestHead);
  }

  read(): void {
    for (let part = 0; part < mostParts && this.at < this.limit; part++) {
      if (!this.readPart()) break;
    }
    if (this.time === '' && this.epoch !== '' && this.level !== '') this.time = this.epoch;
  }

  /** @returns whether another part may follow. */
  private readPart(): boolean {
    this.skipBlanks();
    const { text, at } = this;
    if (at >= this.limit) return false;
    const code = text.charCodeAt(at);
    if (code === 0x0a || code === 0x22 || code === 0x27) return false;
    if (code === 0x5b || code === 0x28 || code === 0x3c || code === 0x7b) return this.readBracket(code);
    if (isSeparator(code)) return this.readSeparator();
    if (this.time === '' && this.readTime()) return true;
    if (this.level === '' && this.readLevel()) return true;
    if (this.level !== '' && this.time !== '') return false;
    return this.readToken();
  }

  private skipBlanks(): void {
    const from = this.at;
    for (let code = this.text.charCodeAt(this.at); code === space || code === tab; ) {
      if (code === tab) this.separated = true;
      code = this.text.charCodeAt(++this.at);
    }
    // Columns that are padded are columns.
    if (this.at > from + 1) this.separated = true;
  }

  private known(end: number): void {
    this.numbers.push(...this.pendingNumbers);
    this.context.push(...this.pendingContext);
    this.pendingNumbers = [];
    this.pendingContext = [];
    this.at = end;
    this.end = end;
    this.separated = false;
  }

  private readSeparator(): boolean {
    const { text } = this;
    const from = this.at;
    while (isSeparator(text.charCodeAt(this.at))) this.at++;
    this.separated = true;
    this.marked = true;
    // Behind time and level a separator is the message's beginning.
    if (this.level !== '' && this.time !== '') return false;
    return this.at - from <= 3;
  }

  private readTime(): boolean {
    const { text, at } = this;
    const found = timeAt(text, at, this.reference);
    if (at > farthestTime) return false;
    // A word before it is a host's or a container's name only where a bar or colon sets it off: `web | 10:20:30`.
    if (found === undefined || this.plainWords > (this.marked ? 1 : 0)) return false;
    // A time of day alone is one only at the very beginning or beside other parts of a header.
    const next = text.charCodeAt(found.end);
    if (isLetter(next) || isDigit(next)) return false;
    this.time = found.iso;
    this.known(found.end);
    return true;
  }

  private setLevel(level: string, number: number, end: number): boolean {
    this.level = level;
    this.severity = number;
    this.known(end);
    return true;
  }

  private readBracket(open: number): boolean {
    const { text } = this;
    // Airflow's processor doubles its braces.
    const isDoubled = open === 0x7b && text.charCodeAt(this.at + 1) === 0x7b;
    const at = isDoubled ? this.at + 1 : this.at;
    const close = open === 0x28 ? ')' : open === 0x3c ? '>' : open === 0x5b ? ']' : '}';
    const length = text.slice(at, Math.min(at + longestBracket, this.limit)).indexOf(close);
    if (length < 0) return false;
    const content = text.slice(at + 1, at + length);
    const end = at + length + (isDoubled ? 2 : 1);
    if (open === 0x7b && !/^[\w.$/:-]{1,120}$/.test(content)) return false;
    if (this.level === '' && this.plainWords <= 1) {
      const level = bracketedLevel(content, this.time !== '');
      if (level !== undefined) {
        if (level.rest !== '') this.pendingContext.push(level.rest);
        return this.setLevel(level.word, level.number, end);
      }
    }
    if (this.time === '' && open !== 0x3c && at <= farthestTime && this.readTimeInBracket(at + 1, at + length, end))
      return true;
    if (this.time !== '' && this.level !== '') return false;
    this.pendingContext.push(content);
    this.hasId = true;
    this.at = end;
    this.separated = true;
    return true;
  }

  /** `[2024-01-31T10:20:30 #4242]`, `[W 240131 10:20:30 web:1]`: what stands beside the time is context or the level. */
  private readTimeInBracket(from: number, to: number, end: number): boolean {
    const { text } = this;
    const isLetterFirst = this.level === '' && isUpper(text.charCodeAt(from)) && text.charCodeAt(from + 1) === space;
    const timeFrom = isLetterFirst ? from + 2 : from;
    const found = timeAt(text, timeFrom, this.reference);
    if (found === undefined || found.end > to) return false;
    const rest = text.slice(found.end, to).trim();
    this.time = found.iso;
    const number = isLetterFirst ? (letters[text.charAt(from)] ?? 0) : 0;
    if (number !== 0) {
      this.level = text.charAt(from);
      this.severity = number;
    } else if (isLetterFirst) this.pendingContext.push(text.charAt(from));
    if (rest !== '') {
      const level = this.level === '' ? bracketedLevel(rest, true) : undefined;
      if (level === undefined) this.pendingContext.push(rest);
      else {
        this.level = level.word;
        this.severity = level.number;
        if (level.rest !== '') this.pendingContext.push(level.rest);
      }
    }
    this.known(end);
    return true;
  }

  private readLevel(): boolean {
    const { text, at } = this;
    if (!isLetter(text.charCodeAt(at))) return false;
    let end = at;
    while (end - at < 14 && isLetter(text.charCodeAt(end))) end++;
    if (end - at === 1) return this.readLetter(end);
    // PostgreSQL's DEBUG1, slog's INFO+2, OpenTelemetry's INFO2.
    while (end - at < 14 && isStep(text.charCodeAt(end))) end++;
    const word = text.slice(at, end);
    const number = severityOfWord(word);
    if (number === 0 || !isLevelEnd(text, end)) return false;
    if (!this.isHeaderLevel(word, end)) return false;
    return this.setLevel(word, number, end);
  }

  private isHeaderLevel(word: string, end: number): boolean {
    const { text } = this;
    const inCapitals = isUpper(text.charCodeAt(this.at)) && word === word.toUpperCase();
    const setOff = isSetOff(text, end);
    if (this.time === '' && this.pendingNumbers.length === 0 && this.pendingContext.length === 0) {
      if (!inCapitals) return isWarningWord(word, text, end);
      return (
        setOff || timeAt(text, end + 1, this.reference) !== undefined || (!ordinary.has(word) && !goesOn(text, end))
      );
    }
    if (word === 'HTTP') return false;
    if (this.time === '') return inCapitals && setOff && this.plainWords === 0;
    if (inCapitals) {
      if (this.plainWords === 0) return true;
      if (this.separated && setOff) return this.plainWords <= mostPlainWords;
      return this.hasId && this.plainWords < mostPlainWords && !setOffByStop(text, end);
    }
    // In small letters it is a word like any other, unless it has a column of its own.
    return this.plainWords === 0 && setOff && text.charCodeAt(end) !== comma;
  }

  /** `W ACCESS`, ` 1702  2395 D WindowManager:`, `| E |`. */
  private readLetter(end: number): boolean {
    const { text, at } = this;
    const letter = text.charAt(at);
    const number = letter === 'A' && this.pendingNumbers.length === 2 ? severity.fatal : (letters[letter] ?? 0);
    if (number === 0 || this.plainWords > 0) return false;
    if (at === 0) {
      // Ruby's `W, [`.
      return text.startsWith(', [', end) ? this.setLevel(letter, number, end) : false;
    }
    if (this.time === '') return false;
    const isColumn = text.startsWith(' | ', end) || (this.separated && text.charCodeAt(end) === bar);
    const isAndroid =
      this.pendingNumbers.length === 2 && /^ {1,2}[^\s:][^:\n]{0,100}:/.test(text.slice(end, end + 104));
    const isMongo = /^ {1,2}(?:[A-Z]{2,16}|-) {1,12}\[/.test(text.slice(end, end + 40));
    return isColumn || isAndroid || isMongo ? this.setLevel(letter, number, end) : false;
  }

  private readToken(): boolean {
    const { text, at } = this;
    const digitsEnd = skipDigits(text, at);
    if (digitsEnd > at && isTokenEnd(text.charCodeAt(digitsEnd))) {
      const digits = text.slice(at, digitsEnd);
      if (this.time === '' && this.epoch === '' && (digits.length === 10 || digits.length === 13)) {
        this.epoch = isoOfEpoch(digits) ?? '';
      }
      this.pendingNumbers.push(digits);
      this.at = digitsEnd;
      this.separated = false;
      return true;
    }
    let end = at;
    while (end < this.limit && !isTokenEnd(text.charCodeAt(end))) end++;
    if (end >= this.limit && this.limit < text.length) return false;
    const token = text.slice(at, end);
    if (this.time !== '' && this.level === '' && this.readChannelLevel(token, end)) return true;
    if (isId(token)) this.hasId = true;
    else if (++this.plainWords > mostPlainWords || !isPlainWord(token)) return false;
    this.pendingContext.push(token);
    this.at = end;
    this.separated = false;
    this.marked = false;
    return true;
  }

  /** Monolog's `channel.LEVEL:`. */
  private readChannelLevel(token: string, end: number): boolean {
    const colonAt = token.length - 1;
    const dotAt = token.charCodeAt(colonAt) === colon ? token.lastIndexOf('.') : -1;
    if (dotAt <= 0) return false;
    const word = token.slice(dotAt + 1, colonAt);
    const number = word === word.toUpperCase() ? severityOfWord(word) : 0;
    if (number === 0) return false;
    this.pendingContext.push(token.slice(0, dotAt));
    return this.setLevel(word, number, end);
  }
}

/** A level alone in brackets, or beside a module, process or thread: `error`, `proxy:error`, `ERROR/MainProcess`, `ERROR main`. */
function bracketedLevel(
  content: string,
  hasTime: boolean,
): { readonly word: string; readonly number: number; readonly rest: string } | undefined {
  const trimmed = content.trim();
  const number = severityOfWord(trimmed);
  if (number !== 0) return { word: trimmed, number, rest: '' };
  if (trimmed.length === 1 && hasTime) {
    const letter = letters[trimmed];
    if (letter !== undefined) return { word: trimmed, number: letter, rest: '' };
  }
  if (trimmed.length > 120) return undefined;
  const behindColon = trimmed.slice(trimmed.lastIndexOf(':') + 1);
  if (behindColon.length < trimmed.length) {
    const level = severityOfWord(behindColon);
    const module = trimmed.slice(0, trimmed.length - behindColon.length - 1);
    if (level !== 0 && /^[\w.-]{0,60}$/.test(module)) return { word: behindColon, number: level, rest: module };
  }
  const first = /^([A-Z]{3,11})(?:[/ ,|]|: )\s*(\S.*)$/.exec(trimmed);
  if (first === null || first[1] === 'HTTP') return undefined;
  const level = severityOfWord(first[1] as string);
  return level === 0 ? undefined : { word: first[1] as string, number: level, rest: first[2] as string };
}

function isSeparator(code: number): boolean {
  return (
    code === dash ||
    code === bar ||
    code === colon ||
    code === comma ||
    code === 0x3b ||
    code === 0x2a ||
    code === 0x3e ||
    code === 0x3d ||
    code === 0x7e ||
    code === 0x2022
  );
}

function isStep(code: number): boolean {
  return isDigit(code) || code === 0x2b;
}

/** A level ends at a blank, a separator, a bracket or the line's end. */
function isLevelEnd(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (Number.isNaN(code) || code === space || code === tab || code === 0x0a) return true;
  if (code === dash) return !isLetter(text.charCodeAt(at + 1));
  return (
    code === colon ||
    code === bar ||
    code === comma ||
    code === 0x5d ||
    code === 0x5b ||
    code === 0x28 ||
    code === 0x3e ||
    code === 0x2f
  );
}

/** Whether a separator, a bracket, a tab or the padding of a column follows. */
function isSetOff(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code === tab || code === bar || code === 0x5d || code === 0x5b || code === 0x3e) return true;
  if (code === colon) return text.charCodeAt(at + 1) !== 0x2f;
  if (code === comma) return true;
  if (code !== space) return false;
  const next = text.charCodeAt(at + 1);
  if (next === space || next === tab || next === bar || next === 0x5b || next === colon) return true;
  return next === dash && (text.charCodeAt(at + 2) === space || text.charCodeAt(at + 2) === dash);
}

/** `ERROR, then` and `ERROR.` are prose. */
function setOffByStop(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === comma || code === 0x2e;
}

/** Whether the next word is in capitals too, or a number: `ERROR CODES`, `ERROR 404`, a title rather than a level. */
function goesOn(text: string, at: number): boolean {
  const next = text.charCodeAt(at + 1);
  if (isDigit(next)) return true;
  return isUpper(next) && isUpper(text.charCodeAt(at + 2));
}

/** `warning: `, `fatal: ` of command line tools, which prose would not write at the beginning of a line. */
function isWarningWord(word: string, text: string, end: number): boolean {
  return (
    (word === 'warning' || word === 'fatal' || word === 'error' || word === 'critical') && text.startsWith(': ', end)
  );
}

function isTokenEnd(code: number): boolean {
  return (
    Number.isNaN(code) ||
    code === space ||
    code === tab ||
    code === 0x0a ||
    code === bar ||
    code === comma ||
    code === 0x5b
  );
}

/** A host, address, logger, file or id: it has a digit, or a mark inside that words of prose do not have. */
function isId(token: string): boolean {
  if (/[0-9]/.test(token)) return true;
  return /[\w$][._/:@#$=-][\w$]/.test(token);
}

function isPlainWord(token: string): boolean {
  return /^[A-Za-z_]{1,40}:?$/.test(token);
}
