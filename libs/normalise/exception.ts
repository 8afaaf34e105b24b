import { isLetter, isWordCharacter } from './characters.ts';

/** OpenTelemetry's exception attributes, found in a text; what is not clear is left out. */
export interface FoundException {
  readonly type: string;
  readonly message: string;
  readonly stacktrace: string;
}

const traceback = 'Traceback (most recent call last):';
/** Also net/http's, for the request it happened in. */
const panic = /panic(?: serving [^\s]{1,100})?: ([^\n]{0,10000})/u;
const frame = /\n[ \t]+at [^\n]/;
const typeWords = /Exception|Error|Throwable|Failure|Fault|Panic/;
const introductions = ['Caused by: ', 'Uncaught ', 'Unhandled exception. ', 'Unhandled Exception: '];
const longestType = 256;
/** Lines that a message may have before its first frame. */
const mostMessageLines = 50;

/** The exception whose stack trace a text of several lines holds: Python's, Go's, or the `at` frames of Java, .NET and JavaScript. */
export function exceptionIn(text: string): FoundException | undefined {
  if (!text.includes('\n')) return undefined;
  return pythonException(text) ?? goPanic(text) ?? framedException(text);
}

/** Of chained exceptions the last is the one that was raised. Its line follows the last indented one. */
function pythonException(text: string): FoundException | undefined {
  const start = text.indexOf(traceback);
  if (start < 0) return undefined;
  const stacktrace = text.slice(start);
  const lineAt = behindFrames(stacktrace);
  const typeEnd = lineAt <= 0 ? -1 : endOfType(stacktrace, lineAt);
  if (typeEnd <= lineAt) return { type: '', message: '', stacktrace };
  const message = stacktrace.startsWith(': ', typeEnd) ? stacktrace.slice(typeEnd + 2) : '';
  return { type: stacktrace.slice(lineAt, typeEnd), message, stacktrace };
}

/**
 * The line behind the last frame and its line of code. A message of several lines may be indented too, so it is the
 * first line behind the frames that is not.
 */
function behindFrames(stacktrace: string): number {
  let at = Math.max(stacktrace.lastIndexOf('\n  File "'), 0);
  for (;;) {
    at = stacktrace.indexOf('\n', at) + 1;
    if (at === 0) return -1;
    if (stacktrace.charCodeAt(at) !== 0x20) return at;
  }
}

function goPanic(text: string): FoundException | undefined {
  if (!text.includes('\ngoroutine ')) return undefined;
  const found = panic.exec(text);
  if (found === null) return undefined;
  return { type: 'panic', message: found[1] as string, stacktrace: text.slice(found.index) };
}

function framedException(text: string): FoundException | undefined {
  const framesAt = text.search(frame);
  if (framesAt < 0) return undefined;
  let lineEnd = framesAt;
  for (let lines = 0; lines < mostMessageLines && lineEnd > 0; lines++) {
    const lineAt = text.lastIndexOf('\n', lineEnd - 1) + 1;
    const typeAt = behindIntroduction(text, lineAt);
    const typeEnd = endOfType(text, typeAt);
    if (isTypeName(text.slice(typeAt, typeEnd)) && isTypeEnd(text, typeEnd)) {
      return {
        type: text.slice(typeAt, typeEnd),
        message: messageAt(text, typeEnd, framesAt),
        stacktrace: text.slice(typeAt),
      };
    }
    lineEnd = lineAt - 1;
  }
  return { type: '', message: '', stacktrace: text.slice(text.lastIndexOf('\n', framesAt - 1) + 1) };
}

/** Behind `Exception in thread "main" ` and the like. */
function behindIntroduction(text: string, at: number): number {
  if (text.startsWith('Exception in thread "', at)) {
    const close = text.slice(at, at + longestType).indexOf('" ', 21);
    if (close > 0) return at + close + 2;
  }
  const introduction = introductions.find((words) => text.startsWith(words, at));
  return introduction === undefined ? at : at + introduction.length;
}

/** Behind a dotted name. */
function endOfType(text: string, at: number): number {
  if (!isLetter(text.charCodeAt(at)) && text.charCodeAt(at) !== 0x5f) return at;
  let end = at;
  for (let code = text.charCodeAt(end); end - at < longestType; code = text.charCodeAt(++end)) {
    if (!isWordCharacter(code) && code !== 0x2e) break;
  }
  return end;
}

/** `IllegalStateException`, `TypeError`, or a dotted name whose last part is a class's. */
function isTypeName(name: string): boolean {
  if (typeWords.test(name)) return true;
  const dot = name.lastIndexOf('.');
  const initial = name.charAt(dot + 1);
  return dot > 0 && initial !== '' && initial !== initial.toLowerCase();
}

/** What follows a type: its message, the line's end, or Node's code in brackets. */
function isTypeEnd(text: string, at: number): boolean {
  return at >= text.length || text.startsWith(': ', at) || text.startsWith(' [', at) || /[\r\n]/.test(text.charAt(at));
}

function messageAt(text: string, typeEnd: number, framesAt: number): string {
  const bracketEnd = text.startsWith(' [', typeEnd) ? text.indexOf(']', typeEnd) + 1 : typeEnd;
  const from = text.startsWith(': ', bracketEnd) ? bracketEnd + 2 : bracketEnd;
  return from < framesAt ? text.slice(from, framesAt).trim() : '';
}
