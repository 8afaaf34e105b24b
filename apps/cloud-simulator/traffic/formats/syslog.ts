import type { Level, LogLine } from '../log-line.ts';

const severities: Readonly<Record<Level, number>> = { fatal: 2, error: 3, warn: 4, info: 6, debug: 7 };
/** `authpriv`, where sshd and sudo write. */
const facility = 10;

function priority(level: Level): number {
  return facility * 8 + severities[level];
}

/** RFC 3164: `<86>Jan  2 03:04:05 host app[pid]: message`. */
export function syslog3164(line: LogLine): string {
  const time = new Date(line.time);
  const month = time.toUTCString().slice(8, 11);
  const day = String(time.getUTCDate()).padStart(2);
  const clock = time.toISOString().slice(11, 19);
  return `<${priority(line.level)}>${month} ${day} ${clock} ${line.instance} ${line.logger}[2381]: ${line.message}`;
}

/** RFC 5424 with structured data. */
export function syslog5424(line: LogLine): string {
  const parameters = Object.entries(line.fields).map(([name, value]) => {
    return `${name}="${String(value).replace(/["\\\]]/g, '\\$&')}"`;
  });
  const data = parameters.length === 0 ? '-' : `[shop@32473 ${parameters.join(' ')}]`;
  const time = new Date(line.time).toISOString();
  return `<${priority(line.level)}>1 ${time} ${line.instance} ${line.logger} 2381 ID47 ${data} ${line.message}`;
}
