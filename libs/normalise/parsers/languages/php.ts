import { severity } from '@tailrace/log-record/severity.ts';
import type { TextParser } from '../text-parser.ts';

const levels: Readonly<Record<string, number>> = {
  'Fatal error': severity.fatal,
  'Parse error': severity.error,
  'Core error': severity.error,
  'Compile error': severity.error,
  'Recoverable fatal error': severity.error,
  'Catchable fatal error': severity.error,
  Warning: severity.warn,
  'Core warning': severity.warn,
  'Compile warning': severity.warn,
  Notice: severity.notice,
  'Strict standards': severity.notice,
  'Strict Standards': severity.notice,
  Deprecated: severity.notice,
};
/** A zone by its place is left in the brackets behind the time. */
const headPattern =
  /(?: [A-Z][A-Za-z_]{1,30}(?:\/[A-Za-z_-]{1,30}){1,2}\])? ?PHP ([A-Z][a-z]{2,11}(?: [a-z]{5,9}| Standards){0,2}): {1,2}/y;
const placePattern = / in (\S{1,1000}?)(?: on line |:)([0-9]{1,7})$/;

/**
 * `[30-Nov-2026 11:22:33 UTC] PHP Warning:  message in /srv/a.php on line 3`, and without the time.
 * @see https://www.php.net/manual/en/errorfunc.constants.php
 */
export const php: TextParser = {
  name: 'php',
  read({ text, time, at, bracketed }, draft) {
    if (time !== '' && !bracketed) return false;
    headPattern.lastIndex = at;
    const found = headPattern.exec(text);
    const number = found === null ? undefined : levels[found[1] as string];
    if (found === null || number === undefined) return false;
    if (time !== '') draft.time(time);
    draft.level(number, found[1] as string);
    const message = text.slice(headPattern.lastIndex);
    const lineEnd = message.indexOf('\n');
    const first = lineEnd < 0 ? message : message.slice(0, lineEnd);
    const place = first.length < 10_000 ? placePattern.exec(first) : null;
    if (place !== null) {
      draft.attribute('code.file.path', place[1] as string);
      draft.attribute('code.line.number', place[2] as string);
    }
    draft.message(message);
    return true;
  },
};
