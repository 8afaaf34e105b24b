import { isDigit, isLetter, isUpper, skipSpaces } from '../characters.ts';
import { withoutColours } from '../colours.ts';
import { Draft, type LineRules } from '../draft.ts';
import { readMessage } from '../json/json-text.ts';
import { type Line, lineOf } from '../line.ts';
import { json } from './json.ts';
import { anchoredTable, parsersByBeginning } from './parser-lists.ts';
import type { AnchoredParser, Beginning, InnerReader } from './text-parser.ts';

/** Deepest nesting of envelopes: a container's line in syslog in JSON is three. */
const mostEnvelopes = 4;

/** Reads a text into the draft by the first parser that knows it; otherwise all of it is the message. */
export function parseText(text: string, draft: Draft, depth = 0): void {
  const trimmed = withLineBreaks(withoutByteOrderMark(withoutLineEnd(text)));
  const readable = withoutColours(trimmed);
  if (draft.rules?.read(readable, draft, depth) || parse(readable, draft, depth)) return;
  draft.parser = 'plain';
  draft.message(trimmed);
  if (uncaught.test(trimmed)) draft.inferError();
}

/** How runtimes begin what they print of an exception that ends the program: Java, .NET, Node, Rust, Go, PHP. */
const uncaught =
  /^(?:Exception in thread "|Unhandled exception[.:]|Uncaught [\w$.]{1,100}(?:Error|Exception)\b|thread '[^'\n]{0,100}' panicked at |fatal error: |PHP Fatal error: {1,2}Uncaught )/i;

function parse(text: string, draft: Draft, depth: number): boolean {
  const line = lineOf(text, draft.timestamp);
  const readInner = innerReader(depth);
  for (const parser of parsersByBeginning[beginningOf(line)]) {
    if (!parser.read(line, draft, readInner)) continue;
    draft.parser = parser === json ? readShape(draft, depth) : parser.name;
    return true;
  }
  return false;
}

/** One for each depth, so that none has to be made for a line. */
const readers: readonly InnerReader[] = Array.from({ length: mostEnvelopes }, (_, depth) => (text, draft) => {
  readInnerText(text, draft, depth + 1);
});

function innerReader(depth: number): InnerReader {
  return depth < mostEnvelopes ? (readers[depth] as InnerReader) : readMessage;
}

/**
 * Tries parsers that an installation brings, on each text before Tailrace's. The connection's own rules come first.
 * @returns what a connection's rules are to be replaced by.
 */
export function withParsers(parsers: readonly AnchoredParser[]): (rules: LineRules | undefined) => LineRules {
  const table = anchoredTable(parsers);
  const read: LineRules['read'] = (text, draft, depth) => {
    // A message whose envelope says its level is for the rules alone.
    if (depth === undefined) return false;
    const line = lineOf(text, draft.timestamp);
    const parser = table[beginningOf(line)].find((each) => each.read(line, draft, innerReader(depth)));
    if (parser === undefined) return false;
    draft.parser = parser.name;
    return true;
  };
  const alone: LineRules = { read };
  return (rules) =>
    rules === undefined
      ? alone
      : { read: (text, draft, depth) => rules.read(text, draft, depth) || read(text, draft, depth) };
}

/** What the inner text says goes to the draft; its envelope keeps its own name. */
function readInnerText(text: string, draft: Draft, depth: number): void {
  const inner = new Draft(draft.timestamp, draft.rules);
  parseText(text, inner, depth);
  draft.absorbInner(inner);
}

function beginningOf({ text, time, at, bracketed }: Line): Beginning {
  const first = text.charCodeAt(0);
  if (first === 0x7b || (isBlank(first) && text.trimStart().startsWith('{'))) return 'brace';
  if (first === 0x3c) return 'angle';
  if (first === 0x5b) return 'bracket';
  if (isLetter(first)) return 'letter';
  return isDigit(first) && time !== '' && !bracketed ? beginningBehindTime(text, at) : 'other';
}

function beginningBehindTime(text: string, at: number): Beginning {
  if (text.charCodeAt(at) === 0x09) return 'timeTab';
  if (text.charCodeAt(at) !== 0x20) return 'timeOther';
  const code = text.charCodeAt(skipSpaces(text, at));
  if (isUpper(code)) return 'timeCapital';
  if (code === 0x5b) return 'timeBracket';
  if (isDigit(code)) return 'timeDigit';
  return isLetter(code) ? 'timeSmall' : 'timeOther';
}

/** The name for the JSON that was read. A container's line in an envelope (`log`) is a text of its own. */
function readShape(draft: Draft, depth: number): string {
  if (draft.shape === 'cloudtrail' || draft.shape === 'lambda') return draft.shape;
  readEnvelopedMessage(draft, depth);
  return json.name;
}

/** Fields under which an envelope carries a line as the program wrote it. */
const carriers: ReadonlySet<string> = new Set(['log', 'MESSAGE', 'log_processed.log']);

/**
 * Where JSON is the envelope of a line, or says no level itself, its message may be a line with a header of its own.
 * @param depth how many envelopes it came in
 */
export function readEnvelopedMessage(draft: Draft, depth = 0): void {
  if (depth >= mostEnvelopes || draft.bodyPath === '') return;
  const inner = new Draft(draft.timestamp, draft.rules);
  if (!draft.hasOwnLevel || carriers.has(draft.bodyPath)) parseText(draft.body, inner, depth + 1);
  // Whatever the envelope says, a rule of the connection may be about the message that it carries.
  else draft.rules?.read(draft.body, inner);
  if (inner.parser !== 'plain' || inner.rule !== '') draft.absorbInner(inner);
}

/** Container runtimes and Lambda's images put CR for the line breaks inside of an event. */
function withLineBreaks(text: string): string {
  return text.includes('\r') && !text.includes('\n') ? text.replaceAll('\r', '\n') : text;
}

function withoutByteOrderMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function withoutLineEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isLineEnd(text.charCodeAt(end - 1))) end--;
  return end === text.length ? text : text.slice(0, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || isLineEnd(code);
}

function isLineEnd(code: number): boolean {
  return code === 0x0a || code === 0x0d;
}
