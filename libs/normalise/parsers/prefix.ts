import { severityOfWord } from '@tailrace/log-record/severity.ts';
import type { Draft } from '../draft.ts';
import { headerBehindLevel } from '../head/header.ts';
import { type LineHead, lineHeadOf } from '../head/line-head.ts';
import { readMessage } from '../json/json-text.ts';
import type { TextParser } from './text-parser.ts';

/**
 * A time, a level, or both before a message, in any dress that no parser before this knows: `time LEVEL message`,
 * `[time] [LEVEL] message`, `LEVEL time message`, `host app[12] time - logger - LEVEL - message`, `time message`.
 */
export const prefix: TextParser = {
  name: 'prefix',
  read({ text }, draft, readInner) {
    const head = lineHeadOf(text, draft.timestamp);
    if (head === undefined) return false;
    // Only a whole date distinguishes a log's prefix from a sentence that begins with a time.
    if (head.level === '' && head.time.startsWith('T')) return false;
    if (head.time !== '') draft.time(head.time);
    readNumbers(head.numbers, draft);
    if (head.level === '') {
      readContext(head.context, draft);
      const rest = text.slice(behindSeparators(text, head.end));
      readInner(rest, draft);
      if (!draft.hasOwnLevel) readLevelField(rest, draft);
      return true;
    }
    draft.level(head.severity, head.level);
    readBehindLevel(text, head, draft);
    return true;
  },
};

/** `level=warn` before a message that is no pair. */
function readLevelField(text: string, draft: Draft): void {
  const found = /^(?:level|lvl|severity)=([A-Za-z]{3,13})(?=\s)/.exec(text);
  const number = found === null ? 0 : severityOfWord(found[1] as string);
  if (found !== null && number !== 0) draft.level(number, found[1] as string);
}

/** A process and its thread, as most layouts that have bare numbers mean them. */
function readNumbers(numbers: readonly string[], draft: Draft): void {
  const [first, second, ...rest] = numbers;
  if (first !== undefined)
    draft.attribute(draft.attributes['process.pid'] === undefined ? 'process.pid' : 'log.number', first);
  if (second !== undefined) draft.attribute('thread.id', second);
  if (rest.length > 0) draft.attribute('log.numbers', rest.join(' '));
}

const placePattern = /^([\w./@+$-]{1,200}\.[a-zA-Z]\w{0,4}):([0-9]{1,7})$/;

function readContext(context: readonly string[], draft: Draft): void {
  const rest: string[] = [];
  for (const part of context) {
    const place = part.length < 220 ? placePattern.exec(part.endsWith(':') ? part.slice(0, -1) : part) : null;
    if (place === null || draft.attributes['code.file.path'] !== undefined) {
      const text = part.trim();
      if (text !== '' && text !== '-') rest.push(text);
    } else {
      draft.attribute('code.file.path', place[1] as string);
      draft.attribute('code.line.number', place[2] as string);
    }
  }
  draft.attributeIfAny('log.context', rest.join(' '));
}

/** What follows the level is part of the head only where a separator sets the message off from it. */
function readBehindLevel(text: string, head: LineHead, draft: Draft): void {
  const behind = headerBehindLevel(text, behindSeparators(text, head.end));
  if (!behind.separated || behind.brackets.length > 2) {
    readContext(head.context, draft);
    readMessage(text.slice(behindSeparators(text, head.end)), draft);
    return;
  }
  const isPlace = behind.logger.length < 220 && placePattern.test(behind.logger);
  readContext([...head.context, ...behind.brackets, behind.parenthesis, isPlace ? behind.logger : ''], draft);
  if (!isPlace) draft.attributeIfAny('log.logger', behind.logger);
  if (behind.processId !== '') readNumbers([behind.processId], draft);
  readMessage(text.slice(behindSeparators(text, behind.messageAt)), draft);
}

/** Behind the spaces, tabs, colons, bars, commas, semicolons, single dashes and ornaments that set head and message apart. */
function behindSeparators(text: string, at: number): number {
  let index = at;
  for (;;) {
    const code = text.charCodeAt(index);
    const next = text.charCodeAt(index + 1);
    const isDash = code === 0x2d && (next === 0x20 || next === 0x2d || next === 0x3e);
    const isArrow = code === 0x3e && (next === 0x20 || text.charCodeAt(index - 1) === 0x2d);
    const isBlank = code === 0x20 || code === 0x09;
    const isMark = (code === 0x7e || code === 0xbb || code === 0x2022) && next === 0x20;
    const isPlain = code === 0x3a || code === 0x7c || code === 0x2c || code === 0x3b;
    if (!isBlank && !isPlain && !isDash && !isArrow && !isMark) return index;
    index++;
  }
}
