import { severityOfWord } from '@tailrace/log-record/severity.ts';
import type { TextParser } from '../text-parser.ts';

const headPattern = / \| ([A-Z]{4,5}) {0,2} \| /y;

/**
 * `time | INFO  | message | logger | thread` of ActiveMQ Classic, which puts logger and thread last.
 * @see https://activemq.apache.org/components/classic/documentation/how-do-i-change-the-logging
 */
export const activemq: TextParser = {
  name: 'activemq',
  read({ text, time, at, bracketed }, draft) {
    if (time === '' || bracketed) return false;
    headPattern.lastIndex = at;
    const found = headPattern.exec(text);
    const number = found === null ? 0 : severityOfWord(found[1] as string);
    if (found === null || number === 0) return false;
    const from = headPattern.lastIndex;
    const lineEnd = text.indexOf('\n', from) < 0 ? text.length : text.indexOf('\n', from);
    const threadAt = text.lastIndexOf(' | ', lineEnd);
    const loggerAt = threadAt <= from ? -1 : text.lastIndexOf(' | ', threadAt - 1);
    if (loggerAt < from || !/^[\w.$]{1,250}$/.test(text.slice(loggerAt + 3, threadAt))) return false;
    draft.time(time);
    draft.level(number, found[1] as string);
    draft.attribute('log.logger', text.slice(loggerAt + 3, threadAt));
    draft.attribute('thread.name', text.slice(threadAt + 3, lineEnd));
    draft.message(text.slice(from, loggerAt) + text.slice(lineEnd));
    return true;
  },
};
