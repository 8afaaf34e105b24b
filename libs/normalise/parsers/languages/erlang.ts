import { severity, severityOfWord } from '@tailrace/log-record/severity.ts';
import { timeAt } from '../../time/time-at.ts';
import type { TextParser } from '../text-parser.ts';

/** Reports of SASL, which are no level's name. */
const levels: Readonly<Record<string, number>> = {
  PROGRESS: severity.info,
  SUPERVISOR: severity.error,
  CRASH: severity.error,
};
const headPattern =
  /=([A-Z]{4,11}) REPORT==== ([0-9]{1,2}-[A-Za-z]{3}-[0-9]{4})::([0-9:.]{8,15}) (?:UTC )?=== ?\r?\n?/y;

/**
 * `=ERROR REPORT==== 31-Jan-2024::10:20:30 ===` and the message below it: Erlang's SASL and its logger, RabbitMQ before
 * 3.7 and ejabberd among those who write it.
 * @see https://www.erlang.org/doc/apps/kernel/logger_formatter.html
 */
export const erlang: TextParser = {
  name: 'erlang',
  read({ text }, draft) {
    headPattern.lastIndex = 0;
    const found = headPattern.exec(text);
    const level = found?.[1] ?? '';
    const number = levels[level] ?? severityOfWord(level);
    const time = found === null ? undefined : timeAt(`${found[2]} ${found[3]}`, 0, draft.timestamp);
    if (number === 0 || time === undefined) return false;
    draft.time(time.iso);
    draft.level(number, level);
    draft.message(text.slice(headPattern.lastIndex));
    return true;
  },
};
