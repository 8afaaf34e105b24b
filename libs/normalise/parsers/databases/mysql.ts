import { severityOfWord } from '@tailrace/log-record/severity.ts';
import type { Draft } from '../../draft.ts';
import type { Line } from '../../line.ts';
import { timeAt } from '../../time/time-at.ts';
import type { TextParser } from '../text-parser.ts';

/** The connection, the level, and since MySQL 8 an error code and a subsystem. */
const errorPattern =
  / (?:([0-9]{1,20}) )?\[(Note|Warning|ERROR|System)\] (?:\[(MY-[0-9]{6})\] )?(?:\[([A-Za-z_-]{1,40})\] )?/y;
const slowPattern =
  /^# Query_time: ([0-9.]{1,20}) {1,4}Lock_time: ([0-9.]{1,20}) {1,4}Rows_sent: ([0-9]{1,20}) {1,4}Rows_examined: ([0-9]{1,20})/m;
const userPattern =
  /^# User@Host: ([^[\n]{0,100})\[[^\]\n]{0,100}\] @ {1,2}([^[\s]{0,255}) ?\[([^\]\n]{0,64})\](?: {1,4}Id: {1,12}([0-9]{1,20}))?/m;

/**
 * The error logs of MySQL and MariaDB, and the slow query log whose lines begin with `#`.
 * @see https://dev.mysql.com/doc/refman/8.4/en/error-log-format.html
 * @see https://dev.mysql.com/doc/refman/8.4/en/slow-query-log.html
 */
export const mysql: TextParser = {
  name: 'mysql',
  read(line, draft) {
    if (line.time !== '') return !line.bracketed && readError(line, draft);
    return line.text.startsWith('# Time: ') || line.text.startsWith('# User@Host: ')
      ? readSlow(line.text, draft)
      : false;
  },
};

function readError({ text, time, at }: Line, draft: Draft): boolean {
  errorPattern.lastIndex = at;
  const found = errorPattern.exec(text);
  if (found === null) return false;
  const [, connection, level = '', code, subsystem] = found;
  draft.time(time);
  draft.level(severityOfWord(level), level);
  draft.attributeIfAny('mysql.connection_id', connection);
  draft.attributeIfAny('mysql.error_code', code);
  draft.attributeIfAny('mysql.subsystem', subsystem);
  draft.message(text.slice(errorPattern.lastIndex));
  return true;
}

function readSlow(text: string, draft: Draft): boolean {
  const head = text.slice(0, 4096);
  const times = slowPattern.exec(head);
  if (times === null) return false;
  const time = head.startsWith('# Time: ') ? timeAt(head, 8, draft.timestamp) : undefined;
  if (time !== undefined) draft.time(time.iso);
  const user = userPattern.exec(head);
  if (user !== null) {
    draft.attributeIfAny('user.name', user[1]);
    draft.attributeIfAny('client.address', user[3] || user[2]);
    draft.attributeIfAny('mysql.connection_id', user[4]);
  }
  draft.attribute('db.query.duration_s', times[1] as string);
  draft.attribute('mysql.lock_time_s', times[2] as string);
  draft.attribute('db.response.returned_rows', times[3] as string);
  draft.attribute('mysql.rows_examined', times[4] as string);
  draft.message(text);
  return true;
}
