import { severity } from '@tailrace/log-record/severity.ts';
import { isDigit, skipSpaces } from '../../characters.ts';
import type { TextParser } from '../text-parser.ts';

const levels: Readonly<Record<string, number>> = {
  V: severity.trace,
  D: severity.debug,
  I: severity.info,
  W: severity.warn,
  E: severity.error,
  F: severity.fatal,
  A: severity.fatal,
};
const slash = 0x2f;
/** logcat's `threadtime`. */
const threadTimePattern = / {1,2}([0-9]{1,6}) {1,6}([0-9]{1,6}) ([VDIWEFA]) ([^\n:]{0,100}?) *: /y;
/** `time` and, without a time before it, `brief`. */
const briefPattern = / ?([VDIWEFA])\/([^\n(]{1,100}?) *\( *([0-9]{1,6})\): /y;

/**
 * Android's logcat in the formats threadtime, time and brief.
 * @see https://developer.android.com/tools/logcat#outputFormat
 */
export const android: TextParser = {
  name: 'android',
  read({ text, time, at, bracketed }, draft) {
    if (bracketed) return false;
    const from = skipSpaces(text, at);
    const isThread = time !== '' && isDigit(text.charCodeAt(from));
    if (!isThread && text.charCodeAt(from + 1) !== slash) return false;
    threadTimePattern.lastIndex = at;
    const full = isThread ? threadTimePattern.exec(text) : null;
    if (full !== null) {
      draft.time(time);
      draft.level(levels[full[3] as string] as number, full[3] as string);
      draft.attribute('process.pid', full[1] as string);
      draft.attribute('thread.id', full[2] as string);
      draft.attributeIfAny('log.logger', full[4]);
      draft.message(text.slice(threadTimePattern.lastIndex));
      return true;
    }
    briefPattern.lastIndex = at;
    const brief = briefPattern.exec(text);
    if (brief === null) return false;
    if (time !== '') draft.time(time);
    draft.level(levels[brief[1] as string] as number, brief[1] as string);
    draft.attribute('log.logger', brief[2] as string);
    draft.attribute('process.pid', brief[3] as string);
    draft.message(text.slice(briefPattern.lastIndex));
    return true;
  },
};
