import { severity, severityOfSyslog, severityOfWord } from '@tailrace/log-record/severity.ts';
import { isDigit, isLetter, isUpper } from '../characters.ts';

/** A level found in the head of a line. */
export interface HeadLevel {
  /** As it is written. */
  readonly word: string;
  readonly number: number;
  /** What stood beside it: a module, a thread. */
  readonly rest: string;
}

const space = 0x20;
const tab = 0x09;
const colon = 0x3a;
const comma = 0x2c;
const semicolon = 0x3b;
const bar = 0x7c;
const dash = 0x2d;

/**
 * Words that are levels in a header and ordinary words at the beginning of a sentence: without a time before them they
 * count only where a colon or bracket sets them off.
 */
export const ordinaryWords: ReadonlySet<string> = new Set([
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

/** Words in small letters that begin no sentence: behind a time they are levels without any mark behind them. */
export const loggersWords: ReadonlySet<string> = new Set(['info', 'debug', 'warn', 'err', 'crit']);

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

/** The number of a one-letter level; 0 for a letter that is none. */
export function severityOfLetter(letter: string): number {
  return letters[letter] ?? severity.unset;
}

const longestContent = 120;

/**
 * A level alone in brackets, or beside a module, process or thread: `error`, `proxy:error`, `ERROR/MainProcess`,
 * `Server thread/ERROR`, `ERROR main`.
 */
export function bracketedLevel(content: string, hasTime: boolean): HeadLevel | undefined {
  const trimmed = content.trim();
  const number = severityOfWord(trimmed);
  if (number !== 0) return { word: trimmed, number, rest: '' };
  if (trimmed.length === 1) {
    const letter = hasTime ? severityOfLetter(trimmed) : 0;
    return letter === 0 ? undefined : { word: trimmed, number: letter, rest: '' };
  }
  if (trimmed.length > longestContent) return undefined;
  return levelBehindModule(trimmed) ?? levelBeforeRest(trimmed);
}

function levelBehindModule(content: string): HeadLevel | undefined {
  const at = Math.max(content.lastIndexOf(':'), content.lastIndexOf('/'));
  if (at < 0) return undefined;
  const word = content.slice(at + 1);
  const number = severityOfWord(word);
  const module = content.slice(0, at);
  if (number === 0) return undefined;
  const isModule = content.charCodeAt(at) === colon ? /^[\w.-]{0,60}$/ : /^[\w.#-]{1,60}(?: [\w.#-]{1,60}){0,3}$/;
  // A path ends with a word in small letters.
  if (!isModule.test(module) || (content.charCodeAt(at) !== colon && word !== word.toUpperCase())) return undefined;
  return { word, number, rest: module };
}

function levelBeforeRest(content: string): HeadLevel | undefined {
  const first = /^([A-Z]{3,11})(?:[/ ,|]|: )\s*(\S.*)$/.exec(content);
  if (first === null || first[1] === 'HTTP') return undefined;
  const number = severityOfWord(first[1] as string);
  return number === 0 ? undefined : { word: first[1] as string, number, rest: first[2] as string };
}

/** A level ends at a blank, a separator, a bracket or the line's end. */
export function isLevelEnd(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (Number.isNaN(code) || code === space || code === tab || code === 0x0a) return true;
  if (code === dash) return !isLetter(text.charCodeAt(at + 1));
  return (
    code === colon ||
    code === bar ||
    code === comma ||
    code === semicolon ||
    code === 0x5d ||
    code === 0x5b ||
    code === 0x28 ||
    code === 0x3e ||
    code === 0x2f
  );
}

/** Whether a separator, a bracket, a tab or the padding of a column follows. */
export function isSetOff(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code === tab || code === bar || code === 0x5d || code === 0x5b || code === 0x3e) return true;
  if (code === colon) return text.charCodeAt(at + 1) !== 0x2f;
  if (code === comma) return true;
  // `ERROR; then` is prose.
  if (code === semicolon) return text.charCodeAt(at + 1) !== space;
  if (code !== space) return false;
  const next = text.charCodeAt(at + 1);
  if (next === space || next === tab || next === bar || next === 0x5b || next === colon) return true;
  return next === dash && (text.charCodeAt(at + 2) === space || text.charCodeAt(at + 2) === dash);
}

/** `ERROR, then` and `ERROR.` are prose. */
export function isSetOffByStop(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === comma || code === 0x2e;
}

/** Whether the next word is in capitals too, a number or a sign: `ERROR CODES`, `ERROR 404`, `DEBUG = True` are no levels. */
export function goesOn(text: string, at: number): boolean {
  const next = text.charCodeAt(at + 1);
  if (isDigit(next) || next === 0x3d) return true;
  return isUpper(next) && isUpper(text.charCodeAt(at + 2));
}

/** `warning: `, `fatal: ` of command line tools, which prose would not write at the beginning of a line. */
export function isWarningWord(word: string, text: string, end: number): boolean {
  return (
    (word === 'warning' || word === 'fatal' || word === 'error' || word === 'critical') && text.startsWith(': ', end)
  );
}

/** Words that stand between a program's name and its message, `imap-login: Info: message`. */
const namedWords: ReadonlySet<string> = new Set([
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'fatal',
  'critical',
  'panic',
]);

/** The same behind a name and a colon, where also other words and capitals are levels. */
export function isNamedLevel(word: string, text: string, end: number): boolean {
  return text.startsWith(': ', end) && namedWords.has(word.toLowerCase());
}

/** Icinga's `critical/TcpSocket: `. */
export function isBeforeFacility(text: string, at: number): boolean {
  return /^\/[A-Z]\w{1,60}: /.test(text.slice(at, at + 64));
}

/** Of `info` and the like in small letters: whether a logger and a colon in a column of its own follow, ` shop.cart : `. */
export function isBeforeLogger(text: string, at: number): boolean {
  return /^ [\w.-]{1,60} : /.test(text.slice(at, at + 64));
}

/**
 * Whether what follows a single letter says that it is a level: ` | ` of etcd, ` tag:` of Android behind process and
 * thread, ` NETWORK  [` of MongoDB, ` [42:thread]` of Ruby's SemanticLogger and GlusterFS.
 */
export function isLetterLevel(behind: string, hasThread: boolean): boolean {
  if (behind.startsWith(' | ')) return true;
  if (hasThread && /^ {1,2}[^\s:][^:\n]{0,100}:/.test(behind)) return true;
  return /^ {1,2}(?:(?:[A-Z]{2,16}|-) {1,12}\[|\[[^\]\n]{0,60}[0-9:][^\]\n]{0,60}\] )/.test(behind);
}

/**
 * A level at the end of a name: Monolog's `channel.LEVEL:` behind a time, `log4j:WARN`, and Cisco's `%LINK-3-UPDOWN:`,
 * whose number is syslog's.
 * @see https://www.cisco.com/c/en/us/td/docs/security/asa/syslog/asa-syslog/about.html
 */
export function tokenLevel(token: string, hasTime: boolean): HeadLevel | undefined {
  if (token.charCodeAt(0) === 0x25) {
    const cisco = /^%[A-Z][A-Z0-9_]{1,40}(?:-[A-Z][A-Z0-9_]{0,40}){0,2}-([0-7])-[A-Z0-9_]{1,60}:$/.exec(token);
    if (cisco === null) return undefined;
    return { word: cisco[1] as string, number: severityOfSyslog(Number(cisco[1])), rest: token.slice(1, -1) };
  }
  const hasColon = token.charCodeAt(token.length - 1) === colon;
  const at = hasColon ? (hasTime ? token.lastIndexOf('.') : -1) : token.lastIndexOf(':');
  if (at <= 0) return undefined;
  const word = hasColon ? token.slice(at + 1, -1) : token.slice(at + 1);
  const number = word === word.toUpperCase() ? severityOfWord(word) : 0;
  return number === 0 ? undefined : { word, number, rest: token.slice(0, at) };
}

/** Behind the `*` or `=` that stand on both sides of a word; the word's own end where there are none. */
export function endOfMarks(text: string, at: number, end: number): number {
  const mark = text.charCodeAt(end);
  if ((mark !== 0x2a && mark !== 0x3d) || text.charCodeAt(at - 1) !== mark) return end;
  let behind = end;
  while (text.charCodeAt(behind) === mark) behind++;
  return behind;
}
