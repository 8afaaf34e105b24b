import type { Json } from '../../store/cloud-event.ts';
import type { Level, LogLine } from '../log-line.ts';
import { dotnetStackTrace, goPanic, javaStackTrace, nodeStack, pythonTraceback } from './stack-trace.ts';

function iso(time: number): string {
  return new Date(time).toISOString();
}

function withTrace(text: string, stack: string | undefined): string {
  return stack === undefined ? text : `${text}\n${stack}`;
}

function pair([name, value]: readonly [string, Json]): string {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return `${name}=${/[\s="]/.test(text) || text === '' ? JSON.stringify(text) : text}`;
}

/** logfmt, as go-kit and many Go services write it. */
export function logfmt(line: LogLine): string {
  const pairs: [string, Json][] = [
    ['ts', iso(line.time)],
    ['level', line.level],
    ['caller', `${line.logger}.go:118`],
    ['msg', line.message],
    ...Object.entries(line.fields),
  ];
  if (line.traceId !== undefined) pairs.push(['trace_id', line.traceId]);
  if (line.thrown !== undefined) pairs.push(['err', line.thrown.message]);
  return pairs.map(pair).join(' ');
}

/** Spring Boot's default Logback pattern. */
export function logback(line: LogLine): string {
  const time = iso(line.time).replace('Z', '+00:00');
  const level = line.level.toUpperCase().padStart(5);
  const mdc = line.traceId === undefined ? '' : `[${line.service},${line.traceId},${line.spanId ?? ''}] `;
  const text = `${time} ${level} 1 --- [${line.service}] [nio-8080-exec-3] ${mdc}${line.logger.padEnd(40)} : ${line.message}`;
  return withTrace(text, line.thrown && javaStackTrace(line.thrown));
}

const pythonLevels: Readonly<Record<Level, string>> = {
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
  fatal: 'CRITICAL',
};

/** Python's logging with the usual `%(asctime)s - %(name)s - %(levelname)s - %(message)s`. */
export function python(line: LogLine): string {
  const time = iso(line.time).replace('T', ' ').replace('.', ',').replace('Z', '');
  const text = `${time} - ${line.logger} - ${pythonLevels[line.level]} - ${line.message}`;
  return withTrace(text, line.thrown && pythonTraceback(line.thrown));
}

/** Go's standard logger: no level. */
export function goStandard(line: LogLine): string {
  const time = iso(line.time).slice(0, 19).replaceAll('-', '/').replace('T', ' ');
  return withTrace(`${time} ${line.message}`, line.thrown && goPanic(line.thrown));
}

const dotnetLevels: Readonly<Record<Level, string>> = {
  debug: 'dbug',
  info: 'info',
  warn: 'warn',
  error: 'fail',
  fatal: 'crit',
};

/** .NET's console logger: category and event id on the first line, the message on the next. */
export function dotnet(line: LogLine): string {
  const text = `${dotnetLevels[line.level]}: ${line.logger}[0]\n      ${line.message}`;
  return withTrace(text, line.thrown && dotnetStackTrace(line.thrown));
}

/** A Node service's own prefix. */
export function nodeText(line: LogLine): string {
  const text = `[${iso(line.time)}] ${line.level.toUpperCase()} ${line.service}: ${line.message}`;
  return withTrace(text, line.thrown && nodeStack(line.thrown));
}

const klogLevels: Readonly<Record<Level, string>> = { debug: 'I', info: 'I', warn: 'W', error: 'E', fatal: 'F' };

/** Kubernetes' klog: `I0102 03:04:05.123456       1 controller.go:118] "Synced" pod="a/b"`. */
export function klog(line: LogLine): string {
  const [, month, day, time] = /^\d{4}-(\d\d)-(\d\d)T([\d:.]+)Z$/.exec(iso(line.time)) ?? [];
  const fields = Object.entries(line.fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const body = [JSON.stringify(line.message), ...fields].join(' ');
  return `${klogLevels[line.level]}${month}${day} ${time}456       1 ${line.logger}.go:118] ${body}`;
}
