import type { JsonObject } from '../../store/cloud-event.ts';
import type { Level, LogLine } from '../log-line.ts';
import { goPanic, nodeStack } from './stack-trace.ts';

const pinoLevels: Readonly<Record<Level, number>> = { debug: 20, info: 30, warn: 40, error: 50, fatal: 60 };

function traceFields({ traceId, spanId }: LogLine): JsonObject {
  if (traceId === undefined) return {};
  return spanId === undefined ? { trace_id: traceId } : { trace_id: traceId, span_id: spanId };
}

/** pino 9: numeric level, `time` in milliseconds, `err` with a stack. */
export function pino(line: LogLine): string {
  const { thrown } = line;
  const err =
    thrown === undefined ? {} : { err: { type: thrown.type, message: thrown.message, stack: nodeStack(thrown) } };
  return JSON.stringify({
    level: pinoLevels[line.level],
    time: line.time,
    pid: 1,
    hostname: line.instance,
    name: line.service,
    ...traceFields(line),
    ...line.fields,
    ...err,
    msg: line.message,
  });
}

/** bunyan: as pino, but with `v` and an ISO time. Answered as an object, for a cloud that keeps structure. */
export function bunyan(line: LogLine): JsonObject {
  const { thrown } = line;
  const err: JsonObject =
    thrown === undefined ? {} : { err: { name: thrown.type, message: thrown.message, stack: nodeStack(thrown) } };
  return {
    name: line.service,
    hostname: line.instance,
    pid: 17,
    level: pinoLevels[line.level],
    component: line.logger,
    ...traceFields(line),
    ...line.fields,
    ...err,
    msg: line.message,
    time: new Date(line.time).toISOString(),
    v: 0,
  };
}

/** zap's production encoder: `ts` in seconds with a fraction. */
export function zap(line: LogLine): string {
  const stack = line.thrown === undefined ? {} : { error: line.thrown.message, stacktrace: goPanic(line.thrown) };
  return JSON.stringify({
    level: line.level,
    ts: line.time / 1000,
    logger: line.logger,
    caller: `${line.logger}/${line.logger}.go:73`,
    msg: line.message,
    ...traceFields(line),
    ...line.fields,
    ...stack,
  });
}

/** logrus' JSON formatter. Answered as an object. */
export function logrus(line: LogLine): JsonObject {
  return {
    ...line.fields,
    ...traceFields(line),
    ...(line.thrown === undefined ? {} : { error: line.thrown.message }),
    level: line.level === 'warn' ? 'warning' : line.level,
    msg: line.message,
    service: line.service,
    time: new Date(line.time).toISOString().replace(/\.\d+Z$/, 'Z'),
  };
}
