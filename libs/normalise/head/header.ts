import { severityOfWord } from '@tailrace/log-record/severity.ts';
import { endOfToken, isDigit, isUpper, isWordCharacter, skipDigits } from '../characters.ts';

/** What stands between a line's time and its message, in whichever order a layout put it. */
export interface Header {
  /** Empty when there is none. */
  readonly level: string;
  readonly severity: number;
  /** Right behind the level and its bracket or colon. */
  readonly afterLevel: number;
  /** What stood in square brackets, in order. */
  readonly brackets: readonly string[];
  /** How many of those came before the level. */
  readonly bracketsBeforeLevel: number;
  /** What stood in parentheses. */
  readonly parenthesis: string;
  readonly logger: string;
  readonly processId: string;
  /** Bare numbers before the level, in order: process and thread as a rule. */
  readonly numbers: readonly string[];
  /** Where the message begins. */
  readonly messageAt: number;
  /** Whether a dash or colon set the message off. */
  readonly separated: boolean;
}

const longestBracket = 256;
const longestLogger = 256;
const mostParts = 8;
const dash = 0x2d;
const colon = 0x3a;

/**
 * Reads the parts that layouts of log4j, logback, Spring Boot, JBoss and the like are made of:
 * level, process id, `---`, `[thread]`, `(logger)`, `logger`, and the `-` or `:` before the message.
 */
export function headerAt(text: string, from: number): Header {
  return new HeaderReader(text, from);
}

/** The same behind a level that is known already: brackets, logger, and the separator before the message. */
export function headerBehindLevel(text: string, from: number): Header {
  return new HeaderReader(text, from, ' ');
}

class HeaderReader implements Header {
  level: string;
  severity = 0;
  afterLevel: number;
  brackets: string[] = [];
  bracketsBeforeLevel = 0;
  parenthesis = '';
  logger = '';
  processId = '';
  numbers: string[] = [];
  messageAt: number;
  separated = false;
  private readonly text: string;

  constructor(text: string, from: number, level = '') {
    this.text = text;
    this.level = level;
    this.afterLevel = from;
    this.messageAt = from;
    for (let part = 0; part < mostParts && this.readPart(); part++);
  }

  /** @returns whether another part may follow. */
  private readPart(): boolean {
    const { text } = this;
    const at = skipBlanks(text, this.messageAt);
    const code = text.charCodeAt(at);
    this.messageAt = at;
    if (code === 0x5b) return this.readBracket(at);
    if (code === 0x28) return this.level !== '' && this.readParenthesis(at);
    if (code === dash || code === colon) return this.readSeparator(at, code);
    return this.level === '' ? this.readLevelOrNumber(at) : this.readLogger(at);
  }

  private readBracket(at: number): boolean {
    const end = closing(this.text, ']', at);
    if (end < 0) return false;
    const content = this.text.slice(at + 1, end);
    const severity = this.level === '' ? severityOfWord(content.trim()) : 0;
    this.messageAt = end + 1;
    if (severity !== 0) this.setLevel(content.trim(), severity);
    else this.brackets.push(content);
    return true;
  }

  private readParenthesis(at: number): boolean {
    const end = closing(this.text, ')', at);
    if (end < 0 || this.parenthesis !== '') return false;
    this.parenthesis = this.text.slice(at + 1, end);
    this.messageAt = end + 1;
    return true;
  }

  private readSeparator(at: number, code: number): boolean {
    if (this.text.startsWith('---', at)) {
      this.messageAt = at + 3;
      return true;
    }
    const next = this.text.charCodeAt(at + 1);
    if (next === 0x20 || (Number.isNaN(next) && code === colon)) {
      // Before the level it separates other things: `time - logger - LEVEL - message` is not a form read here.
      this.separated = this.level !== '';
      this.messageAt = this.separated ? at + 2 : at;
    }
    return false;
  }

  private readLevelOrNumber(at: number): boolean {
    const { text } = this;
    if (isDigit(text.charCodeAt(at))) {
      const end = skipDigits(text, at);
      if (text.charCodeAt(end) !== 0x20) return false;
      this.numbers.push(text.slice(at, end));
      this.messageAt = end;
      return true;
    }
    const end = endOfUpper(text, at);
    const severity = end - at >= 3 ? severityOfWord(text.slice(at, end)) : 0;
    if (severity === 0 || !isLevelEnd(text.charCodeAt(end)) || text.startsWith('HTTP', at)) return false;
    this.messageAt = end;
    this.setLevel(text.slice(at, end), severity);
    return true;
  }

  private setLevel(level: string, severity: number): void {
    this.level = level;
    this.severity = severity;
    this.afterLevel = this.messageAt;
    this.bracketsBeforeLevel = this.brackets.length;
  }

  private readLogger(at: number): boolean {
    const { text } = this;
    if (this.logger !== '') return false;
    const digitsEnd = skipDigits(text, at);
    if (digitsEnd > at && text.startsWith(' ---', digitsEnd)) {
      this.processId = text.slice(at, digitsEnd);
      this.messageAt = digitsEnd;
      return true;
    }
    const end = endOfLogger(text, at);
    if (end === at) return false;
    const behind = skipBlanks(text, end);
    const separator = text.charCodeAt(behind);
    const isSeparator = separator === colon || (separator === dash && behind > end);
    // logback's default has two dashes, with key-value pairs between them when there are some.
    const separatorEnd = text.startsWith('-- ', behind) ? behind + 2 : behind + 1;
    if (!isSeparator || text.charCodeAt(separatorEnd) !== 0x20) return false;
    const name = text.slice(at, end);
    // `Started: now` is the message's own; `com.example.Main: now` is not.
    if (separator === colon && behind === end && !name.includes('.')) return false;
    this.logger = name;
    this.separated = true;
    this.messageAt = separatorEnd + 1;
    return false;
  }
}

/** The bracket that closes the one at a position, others of its kind inside it left aside; -1 where it is too far. */
function closing(text: string, bracket: string, at: number): number {
  const close = bracket.charCodeAt(0);
  const open = text.charCodeAt(at);
  const limit = Math.min(text.length, at + longestBracket);
  let depth = 0;
  for (let index = at; index < limit; index++) {
    const code = text.charCodeAt(index);
    if (code === open) depth++;
    else if (code === close && --depth === 0) return index;
  }
  return -1;
}

/** Spaces and tabs: columns are padded with either. */
function skipBlanks(text: string, at: number): number {
  let index = at;
  for (let code = text.charCodeAt(index); code === 0x20 || code === 0x09; code = text.charCodeAt(++index));
  return index;
}

function endOfUpper(text: string, at: number): number {
  let end = at;
  while (end - at < 12 && isUpper(text.charCodeAt(end))) end++;
  return end;
}

/** What may follow a level in capitals; anything else makes it a word of the message. */
function isLevelEnd(code: number): boolean {
  return Number.isNaN(code) || code === 0x20 || code === 0x09 || code === colon || code === 0x5b || code === 0x0a;
}

/** A logger's name: dotted identifiers, perhaps with `:line`, `[0]`, slashes or dashes inside. */
function endOfLogger(text: string, at: number): number {
  const limit = Math.min(endOfToken(text, at), at + longestLogger);
  let end = at;
  while (end < limit && isLoggerCharacter(text, end)) end++;
  return end;
}

function isLoggerCharacter(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (isWordCharacter(code) || code === 0x2e || code === 0x2f || code === dash || code === 0x5b || code === 0x5d)
    return true;
  return code === colon && isDigit(text.charCodeAt(at + 1));
}
