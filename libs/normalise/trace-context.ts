import { isHexId } from './characters.ts';

/**
 * OpenTelemetry's trace id (32 lower-case hexadecimal digits, not all zero) from the forms in which sources write it:
 * as it is, as AWS X-Ray's `1-8hex-24hex`, or as Google's `projects/p/traces/id`. Null for anything else.
 */
export function traceIdOf(text: string): string | null {
  if (text.length === 32) return isHexId(text, 32) ? text.toLowerCase() : null;
  if (text.length === 35 && text.startsWith('1-') && text[10] === '-') {
    return traceIdOf(text.slice(2, 10) + text.slice(11));
  }
  const traces = text.lastIndexOf('/traces/');
  return traces >= 0 ? traceIdOf(text.slice(traces + 8)) : null;
}

/** A span id (16 hexadecimal digits, not all zero), else null. */
export function spanIdOf(text: string): string | null {
  return isHexId(text, 16) ? text.toLowerCase() : null;
}

export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string | null;
}

/** @see https://www.w3.org/TR/trace-context/#traceparent-header */
export function traceparentOf(text: string): TraceContext | null {
  if (text.length < 55 || text[2] !== '-' || text[35] !== '-' || text[52] !== '-') return null;
  if (text.length > 55 && text[55] !== '-') return null;
  const traceId = traceIdOf(text.slice(3, 35));
  const spanId = spanIdOf(text.slice(36, 52));
  return traceId === null || spanId === null ? null : { traceId, spanId };
}

/**
 * AWS's tracing header, `Root=1-8hex-24hex;Parent=16hex;Sampled=1`.
 * @see https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
 */
export function xrayHeaderOf(text: string): TraceContext | null {
  let traceId: string | null = null;
  let spanId: string | null = null;
  for (const part of text.slice(0, 512).split(';')) {
    if (part.startsWith('Root=')) traceId = traceIdOf(part.slice(5));
    else if (part.startsWith('Parent=')) spanId = spanIdOf(part.slice(7));
  }
  return traceId === null ? null : { traceId, spanId };
}
