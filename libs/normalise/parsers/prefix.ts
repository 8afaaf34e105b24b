import { severityOfWord } from '@tailrace/log-record/severity.ts';
import { endOfToken, isUpper } from '../characters.ts';
import type { Draft } from '../draft.ts';
import { headerAt } from '../header.ts';
import { readMessage } from '../json-text.ts';
import type { Line } from '../line.ts';
import { timeAt } from '../time/time-at.ts';
import type { TextParser } from './text-parser.ts';

/**
 * A time, a level, or both before a message, in any dress that no parser before this knows: `time LEVEL message`,
 * `[time] [LEVEL] message`, `LEVEL time message`, `[LEVEL] message`, `LEVEL: message`, `time message`.
 */
export const prefix: TextParser = {
  name: 'prefix',
  read(line, draft) {
    return line.time === '' ? readLevelFirst(line.text, draft) : readTimeFirst(line, draft);
  },
};

function readTimeFirst({ text, time, at }: Line, draft: Draft): boolean {
  const header = headerAt(text, at);
  const hasDate = !time.startsWith('T');
  if (header.level === '') {
    // Only a whole date tells a log's prefix from a sentence that begins with a time.
    if (!hasDate) return false;
    draft.time(time);
    readMessage(text.slice(behindSeparators(text, at)), draft);
    return true;
  }
  draft.time(time);
  draft.level(header.severity, header.level);
  const context = header.brackets.slice(0, header.bracketsBeforeLevel).join(' ');
  draft.attributeIfAny('log.context', context.trim());
  readMessage(text.slice(behindSeparators(text, header.afterLevel)), draft);
  return true;
}

function readLevelFirst(text: string, draft: Draft): boolean {
  const opens = text.charCodeAt(0) === 0x5b;
  const from = opens ? 1 : 0;
  const end = opens ? text.slice(0, 16).indexOf(']') : endOfCapitals(text);
  const level = text.slice(from, end).trim();
  const severity = end < from + 3 ? 0 : severityOfWord(level);
  if (severity === 0) return false;
  const behind = behindSeparators(text, opens ? end + 1 : end);
  if (behind === end) return false;
  const timeOpens = text.charCodeAt(behind) === 0x5b;
  const time = timeAt(text, timeOpens ? behind + 1 : behind, draft.timestamp);
  const closes = timeOpens && time !== undefined && text.charCodeAt(time.end) === 0x5d;
  draft.level(severity, level);
  if (time !== undefined && timeOpens === closes) {
    draft.time(time.iso);
    readMessage(text.slice(behindSeparators(text, closes ? time.end + 1 : time.end)), draft);
  } else {
    readMessage(text.slice(behind), draft);
  }
  return true;
}

/** A word in capitals that a space, colon or dash ends; 0 when the text begins otherwise. */
function endOfCapitals(text: string): number {
  let end = 0;
  while (end < 12 && isUpper(text.charCodeAt(end))) end++;
  const code = text.charCodeAt(end);
  return code === 0x3a || code === 0x7c || endOfToken(text.slice(0, end + 1), 0) === end ? end : 0;
}

/** Behind the spaces, tabs, colons, bars and single dashes that set prefix and message apart. */
function behindSeparators(text: string, at: number): number {
  let index = at;
  for (;;) {
    const code = text.charCodeAt(index);
    const isDash = code === 0x2d && text.charCodeAt(index + 1) === 0x20;
    if (code !== 0x20 && code !== 0x09 && code !== 0x3a && code !== 0x7c && !isDash) return index;
    index++;
  }
}
