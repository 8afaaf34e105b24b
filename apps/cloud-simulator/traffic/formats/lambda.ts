import type { LogLine } from '../log-line.ts';
import { xrayTraceId } from './access-log.ts';

const functionArn = 'arn:aws:lambda:eu-west-1:123456789012:function:receipts';

/** One invocation of a function. */
export interface Invocation {
  readonly requestId: string;
  readonly traceId: string;
  readonly segmentId: string;
  readonly durationMs: number;
  readonly memoryMb: number;
  /** Milliseconds of a cold start; left out when warm. */
  readonly initMs?: number;
  readonly timedOut: boolean;
}

/** A line of Lambda's log stream, and when it was written. */
export interface LambdaLine {
  readonly time: number;
  readonly text: string;
}

/** The platform's and the function's lines in Lambda's text format. */
export function lambdaText(invocation: Invocation, lines: readonly LogLine[], endMs: number): LambdaLine[] {
  const { requestId, durationMs } = invocation;
  const own = lines.map((line) => ({
    time: line.time,
    text: `${new Date(line.time).toISOString()}\t${requestId}\t${line.level.toUpperCase()}\t${line.message}\n`,
  }));
  const timeout = `${new Date(endMs).toISOString()} ${requestId} Task timed out after 3.00 seconds\n\n`;
  return [
    { time: endMs - durationMs, text: `START RequestId: ${requestId} Version: $LATEST\n` },
    ...own,
    ...(invocation.timedOut ? [{ time: endMs, text: timeout }] : []),
    { time: endMs, text: `END RequestId: ${requestId}\n` },
    { time: endMs, text: report(invocation) },
  ];
}

function report(invocation: Invocation): string {
  const { durationMs, initMs } = invocation;
  const parts = [
    `REPORT RequestId: ${invocation.requestId}`,
    `Duration: ${durationMs.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(durationMs + (initMs ?? 0))} ms`,
    'Memory Size: 256 MB',
    `Max Memory Used: ${invocation.memoryMb} MB`,
    ...(initMs === undefined ? [] : [`Init Duration: ${initMs.toFixed(2)} ms`]),
  ];
  const xray = `XRAY TraceId: ${xrayTraceId(invocation.traceId)}\tSegmentId: ${invocation.segmentId}\tSampled: true`;
  return `${parts.join('\t')}\t\n${xray}\t\n`;
}

/** The same in Lambda's JSON format. */
export function lambdaJson(invocation: Invocation, lines: readonly LogLine[], endMs: number): LambdaLine[] {
  const { requestId, durationMs, memoryMb } = invocation;
  const platform = (type: string, time: number, record: object) => ({
    time,
    text: JSON.stringify({ time: new Date(time).toISOString(), type, record: { requestId, ...record } }),
  });
  const metrics = { durationMs, billedDurationMs: Math.ceil(durationMs), memorySizeMB: 256, maxMemoryUsedMB: memoryMb };
  const value = `Root=${xrayTraceId(invocation.traceId)};Sampled=1`;
  const tracing = { spanId: invocation.segmentId, type: 'X-Amzn-Trace-Id', value };
  const status = invocation.timedOut ? 'timeout' : 'success';
  return [
    platform('platform.start', endMs - durationMs, { functionArn, version: '$LATEST' }),
    ...lines.map((line) => ({ time: line.time, text: jsonLine(line, requestId) })),
    platform('platform.report', endMs, { metrics, tracing, status }),
  ];
}

function jsonLine(line: LogLine, requestId: string): string {
  return JSON.stringify({
    timestamp: new Date(line.time).toISOString(),
    level: line.level.toUpperCase(),
    requestId,
    message: line.message,
    ...line.fields,
  });
}
