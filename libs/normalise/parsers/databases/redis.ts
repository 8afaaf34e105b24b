import { severity } from '@tailrace/log-record/severity.ts';
import { timeAt } from '../../time/time-at.ts';
import type { TextParser } from '../text-parser.ts';

const levels: Readonly<Record<string, number>> = {
  '.': severity.debug,
  '-': severity.debug,
  '*': severity.notice,
  '#': severity.warn,
};
const roles: Readonly<Record<string, string>> = { X: 'sentinel', C: 'child', S: 'replica', M: 'master' };
/** Before Redis 3 the process stood alone, in brackets. */
const headPattern = /(?:([0-9]{1,10}):([XCSM])|\[([0-9]{1,10})\]) /y;

/**
 * `88:M 30 Nov 2026 11:30:29.988 # message`, of Redis and Valkey: the process, its role, and the level as a sign.
 * @see https://redis.io/docs/latest/operate/oss_and_stack/management/troubleshooting/
 */
export const redis: TextParser = {
  name: 'redis',
  read({ text }, draft) {
    headPattern.lastIndex = 0;
    const head = headPattern.exec(text);
    const time = head === null ? undefined : timeAt(text, headPattern.lastIndex, draft.timestamp);
    if (head === null || time === undefined) return false;
    const sign = text.charAt(time.end + 1);
    const level = levels[sign];
    if (level === undefined || text.charAt(time.end) !== ' ' || text.charAt(time.end + 2) !== ' ') return false;
    draft.time(time.iso);
    draft.level(level, sign);
    draft.attribute('process.pid', (head[1] ?? head[3]) as string);
    draft.attributeIfAny('redis.role', roles[head[2] ?? '']);
    draft.message(text.slice(time.end + 3));
    return true;
  },
};
