import { digitsAt, skipDigits } from '../../characters.ts';

/** RFC 5424 table 1, in order. */
const facilities = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'authpriv',
  'ftp',
  'ntp',
  'audit',
  'alert',
  'clock',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
];
const levels = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];

export interface Priority {
  readonly facility: string;
  /** 0 (emerg) to 7 (debug). */
  readonly severity: number;
  readonly level: string;
  /** Position behind the closing bracket. */
  readonly end: number;
}

/** `<PRI>` at the beginning of a text: eight times the facility plus the severity (RFC 5424 section 6.2.1). */
export function priorityOf(text: string): Priority | undefined {
  if (text.charCodeAt(0) !== 0x3c) return undefined;
  const close = skipDigits(text, 1);
  if (close === 1 || close > 4 || text.charCodeAt(close) !== 0x3e) return undefined;
  const value = digitsAt(text, 1, close - 1);
  const facility = facilities[value >> 3];
  const level = levels[value & 7];
  if (facility === undefined || level === undefined) return undefined;
  return { facility, severity: value & 7, level, end: close + 1 };
}
