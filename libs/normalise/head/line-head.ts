import { severity, severityOfWord } from '@tailrace/log-record/severity.ts';
import { isDigit, isLetter, isUpper, skipDigits } from '../characters.ts';
import { epochAt, isNear } from '../time/epoch.ts';
import { timeAt } from '../time/time-at.ts';
import {
  bracketedLevel,
  endOfMarks,
  goesOn,
  isBeforeFacility,
  isBeforeLogger,
  isLetterLevel,
  isLevelEnd,
  isNamedLevel,
  isSetOff,
  isSetOffByStop,
  isWarningWord,
  loggersWords,
  ordinaryWords,
  severityOfLetter,
  tokenLevel,
} from './head-levels.ts';
import { isId, isPlainWord, isSeparator, isStep, isTokenEnd } from './head-tokens.ts';

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

/** One class of one file: each part of a head is read where the one before it ended, and by what has been found so far. */
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
  /** Whether the part before was an id. */
  private isBehindId = false;
  /** Whether the part before was a number in brackets, as in `app[12]`. */
  private isBehindProcess = false;
  /** Whether the plain words so far are in capitals. */
  private inCapitals = true;
  /** Parts seen since the last known one: they belong to the message unless another known part follows. */
  private pendingNumbers: string[] = [];
  private pendingContext: string[] = [];
  private epoch = '';
  /** Whether the part before was `name:`. */
  private isNamed = false;

  constructor(text: string, reference: number) {
    this.text = text;
    this.reference = reference;
    this.limit = Math.min(text.length, longestHead);
  }

  read(): void {
    // WebLogic's.
    if (this.text.startsWith('####<')) this.at = 4;
    for (let part = 0; part < mostParts && this.at < this.limit; part++) {
      if (!this.readPart()) break;
    }
    if (this.time !== '' || this.epoch === '' || this.level === '') return;
    this.time = this.epoch;
    if (epochAt(this.numbers[0] ?? '', 0)?.iso === this.epoch) this.numbers.shift();
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
    // `##[error]` of build pipelines.
    if (code === 0x23 && text.startsWith('##[', at)) {
      this.at += 2;
      return this.readBracket(0x5b);
    }
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
    if (open === 0x7b && !/^[\w.$/:-]{0,120}$/.test(content)) return false;
    if (this.level === '' && this.plainWords <= 1) {
      const level = bracketedLevel(content, this.time !== '');
      if (level !== undefined) {
        if (level.rest !== '') this.pendingContext.push(level.rest);
        return this.setLevel(level.word, level.number, end);
      }
    }
    if (this.time === '' && at <= farthestTime && this.readTimeInBracket(at + 1, at + length, end)) return true;
    if (this.time !== '' && this.level !== '') return false;
    if (content !== '') this.pendingContext.push(content);
    this.hasId = true;
    this.isBehindProcess = open === 0x5b && text.charCodeAt(at - 1) !== space && /^[0-9]{1,10}$/.test(content);
    this.at = end;
    this.separated = true;
    return true;
  }

  /** `[2024-01-31T10:20:30 #4242]`, `[W 240131 10:20:30 web:1]`: what stands beside the time is context or the level. */
  private readTimeInBracket(from: number, to: number, end: number): boolean {
    const { text } = this;
    const isLetterFirst = this.level === '' && isUpper(text.charCodeAt(from)) && text.charCodeAt(from + 1) === space;
    const timeFrom = isLetterFirst ? from + 2 : from;
    const found = timeAt(text, timeFrom, this.reference) ?? (from === 1 ? epochAt(text, from) : undefined);
    if (found === undefined || found.end > to) return false;
    const rest = text.slice(found.end, to).trim();
    this.time = this.withDateBefore(found.iso);
    const number = isLetterFirst ? severityOfLetter(text.charAt(from)) : 0;
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

  /** `[2024-01-31][10:20:30]`: a time of day behind the date in a bracket of its own. */
  private withDateBefore(iso: string): string {
    const date = this.pendingContext[0];
    if (this.pendingContext.length !== 1 || !iso.startsWith('T') || !/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(date ?? ''))
      return iso;
    this.pendingContext.length = 0;
    return `${date}${iso}`;
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
    if (number === 0) return false;
    // Sling's `*INFO*`.
    const marksEnd = this.time === '' ? end : endOfMarks(text, at, end);
    if (marksEnd > end) return this.plainWords === 0 && this.setLevel(word, number, marksEnd);
    if (!isLevelEnd(text, end) || !this.isHeaderLevel(word, end)) return false;
    return this.setLevel(word, number, end);
  }

  private isHeaderLevel(word: string, end: number): boolean {
    const { text } = this;
    const inCapitals = isUpper(text.charCodeAt(this.at)) && word === word.toUpperCase();
    const setOff = isSetOff(text, end);
    if (this.time === '' && this.pendingNumbers.length === 0 && this.pendingContext.length === 0) {
      if (!inCapitals) return isWarningWord(word, text, end);
      return (
        setOff ||
        timeAt(text, end + 1, this.reference) !== undefined ||
        epochAt(text, end + 1)?.hasFraction === true ||
        (!ordinaryWords.has(word) && !goesOn(text, end))
      );
    }
    if (word === 'HTTP') return false;
    if (this.time === '') {
      if (this.isNamed && this.pendingContext.length === 1 && isNamedLevel(word, text, end)) return true;
      const isBehindEpoch = this.epoch !== '' && this.pendingContext.length === 0;
      return inCapitals && (setOff || isBehindEpoch) && this.plainWords === 0;
    }
    if (inCapitals) {
      if (this.plainWords === 0) return true;
      if (this.isNamed && setOff && this.plainWords === 1) return true;
      if (this.isBehindProcess && this.plainWords === 1) return true;
      if ((this.separated || this.isBehindId) && setOff) return this.plainWords <= mostPlainWords;
      // `R02-M1 RAS KERNEL INFO`: words in small letters would make it a sentence.
      return this.hasId && this.inCapitals && this.plainWords < mostPlainWords && !isSetOffByStop(text, end);
    }
    // In small letters it is a word like any other, unless it has a column of its own.
    if (text.charCodeAt(end) === colon && this.plainWords === 1) return this.isNamed || this.separated;
    if (this.plainWords > 0) return false;
    if (setOff) return text.charCodeAt(end) !== comma;
    const isFirst = !this.marked && this.pendingContext.length === 0 && this.pendingNumbers.length === 0;
    return (isFirst && (loggersWords.has(word) || isBeforeFacility(text, end))) || isBeforeLogger(text, end);
  }

  private readLetter(end: number): boolean {
    const { text, at } = this;
    const letter = text.charAt(at);
    const hasThread = this.pendingNumbers.length === 2;
    const number = letter === 'A' && hasThread ? severity.fatal : severityOfLetter(letter);
    if (number === 0 || this.plainWords > 0) return false;
    // Ruby's `W, [`.
    if (at === 0) return text.startsWith(', [', end) && this.setLevel(letter, number, end);
    if (this.time === '') return false;
    // Telegraf's `E! `.
    if (text.startsWith('! ', end)) return this.setLevel(letter, number, end + 1);
    const isFirst = this.pendingContext.length === 0 && this.pendingNumbers.length === 0;
    if (isFirst && /^(?:\/[\w.-]{1,60})?: /.test(text.slice(end, end + 64))) return this.setLevel(letter, number, end);
    const isColumn = this.separated && text.charCodeAt(end) === bar;
    return (isColumn || isLetterLevel(text.slice(end, end + 104), hasThread)) && this.setLevel(letter, number, end);
  }

  private readToken(): boolean {
    const { text, at } = this;
    const digitsEnd = skipDigits(text, at);
    if (digitsEnd > at) {
      if ((digitsEnd - at >= 10 || digitsEnd === 1) && this.readEpoch()) return true;
      if (isTokenEnd(text.charCodeAt(digitsEnd))) {
        this.pendingNumbers.push(text.slice(at, digitsEnd));
        this.at = digitsEnd;
        this.separated = false;
        return true;
      }
    }
    let end = at;
    while (end < this.limit && !isTokenEnd(text.charCodeAt(end))) end++;
    if (end >= this.limit && this.limit < text.length) return false;
    const token = text.slice(at, end);
    if (this.level === '' && this.readTokenLevel(token, end)) return true;
    this.isNamed = token.endsWith(':');
    this.isBehindId = isId(token);
    this.isBehindProcess = false;
    if (this.isBehindId) this.hasId = true;
    else if (++this.plainWords > mostPlainWords || !isPlainWord(token)) return false;
    else if (token !== token.toUpperCase()) this.inCapitals = false;
    this.pendingContext.push(token);
    this.at = end;
    this.separated = false;
    this.marked = false;
    return true;
  }

  /** Where nothing stands before it and a colon behind, as mosquitto has it, it is the time; else only where a level follows. */
  private readEpoch(): boolean {
    const { text, at } = this;
    if (this.time !== '' || this.epoch !== '') return false;
    const found = epochAt(text, at);
    if (found === undefined || !isNear(found.iso, this.reference)) return false;
    if (at === 0 && text.startsWith(': ', found.end)) {
      this.time = found.iso;
      this.known(found.end);
      return true;
    }
    this.epoch = found.iso;
    // A whole number may as well be a process or an id, and is kept.
    if (!found.hasFraction) return false;
    this.at = found.end;
    this.separated = false;
    return true;
  }

  private readTokenLevel(token: string, end: number): boolean {
    const level = tokenLevel(token, this.time !== '');
    if (level === undefined) return false;
    if (level.rest !== '') this.pendingContext.push(level.rest);
    return this.setLevel(level.word, level.number, end);
  }
}
