import { severityOfWord } from '@tailrace/log-record/severity.ts';
import { isWordCharacter } from '../../characters.ts';
import type { Draft } from '../../draft.ts';
import type { TextParser } from '../text-parser.ts';

/** env_logger's `[time LEVEL  target] message`. */
const envLoggerPattern = / (TRACE|DEBUG|INFO|WARN|ERROR) {1,2}([\w:-]{1,200})\] /y;
const tracingPattern = / {1,2}(TRACE|DEBUG|INFO|WARN|ERROR) (?:ThreadId\(([0-9]{1,10})\) )?/y;
const placePattern = /([\w./-]{1,200}\.rs):([0-9]{1,7}): /y;
const longestSpans = 4096;
const mostSpans = 16;

/**
 * The text of Rust's env_logger and of tracing-subscriber.
 * @see https://docs.rs/tracing-subscriber/latest/tracing_subscriber/fmt/format/struct.Full.html
 */
export const rust: TextParser = {
  name: 'rust',
  read({ text, time, at, bracketed }, draft) {
    if (time === '') return false;
    if (!bracketed) return readTracing(text, at, time, draft);
    if (text.charCodeAt(at - 1) === 0x5d) return false;
    envLoggerPattern.lastIndex = at;
    const found = envLoggerPattern.exec(text);
    if (found === null) return false;
    draft.time(time);
    draft.level(severityOfWord(found[1] as string), found[1] as string);
    draft.attribute('log.logger', found[2] as string);
    draft.message(text.slice(envLoggerPattern.lastIndex));
    return true;
  },
};

/** `time  LEVEL span{field=…}: target: file.rs:12: message`, what is optional left out. */
function readTracing(text: string, at: number, time: string, draft: Draft): boolean {
  tracingPattern.lastIndex = at;
  const found = tracingPattern.exec(text);
  const place = found === null ? undefined : placeAt(text, tracingPattern.lastIndex);
  if (found === null || place === undefined) return false;
  draft.time(time);
  draft.level(severityOfWord(found[1] as string), found[1] as string);
  draft.attributeIfAny('thread.id', found[2]);
  draft.attributeIfAny('tracing.spans', place.spans);
  draft.attribute('log.logger', place.target);
  placePattern.lastIndex = place.end;
  const file = placePattern.exec(text);
  if (file !== null) {
    draft.attribute('code.file.path', file[1] as string);
    draft.attribute('code.line.number', file[2] as string);
  }
  draft.message(text.slice(file === null ? place.end : placePattern.lastIndex));
  return true;
}

interface Place {
  readonly spans: string;
  readonly target: string;
  readonly end: number;
}

/**
 * The spans that were open and the module that logged. A path with `::` or a span with fields is Rust's; `LEVEL word: `
 * alone may be anybody's.
 */
function placeAt(text: string, from: number): Place | undefined {
  let at = from;
  let isRust = false;
  for (let span = 0; span < mostSpans; span++) {
    const end = endOfPath(text, at);
    if (end === at) return undefined;
    if (text.charCodeAt(end) === 0x7b) {
      const close = text.slice(end, end + longestSpans).indexOf('}:');
      if (close < 0) return undefined;
      isRust = true;
      at = end + close + 2;
      if (text.charCodeAt(at) === 0x20) at++;
      continue;
    }
    // The path's own colon before the blank is the separator.
    if (text.charCodeAt(end - 1) !== 0x3a || text.charCodeAt(end) !== 0x20) return undefined;
    const path = text.slice(at, end - 1);
    const targetAt = at;
    if (!isRust && !path.includes('::')) return undefined;
    return { spans: text.slice(from, targetAt).trim(), target: path, end: end + 1 };
  }
  return undefined;
}

/** Behind letters, digits, `_`, `-` and colons. */
function endOfPath(text: string, at: number): number {
  let end = at;
  for (let code = text.charCodeAt(end); end - at < 256; code = text.charCodeAt(++end)) {
    if (!isWordCharacter(code) && code !== 0x3a && code !== 0x2d) break;
  }
  return end;
}
