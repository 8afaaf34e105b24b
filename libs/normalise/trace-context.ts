const traceId = /^[0-9a-f]{32}$/;
const spanId = /^[0-9a-f]{16}$/;
const zeros = /^0+$/;

/**
 * OpenTelemetry's trace id (32 lower-case hexadecimal digits, not all zero) from the forms in which sources write it:
 * as it is, of 64 bits, as AWS X-Ray's `1-8hex-24hex`, or as Google's `projects/p/traces/id`. Null for anything else.
 */
export function traceIdOf(text: string): string | null {
  if (text.length === 32) return hexId(text, traceId);
  // Ids of 64 bits, as Zipkin's B3 allows, are padded on the left.
  if (text.length === 16) {
    const short = hexId(text, spanId);
    return short === null ? null : short.padStart(32, '0');
  }
  if (text.length === 35 && text.startsWith('1-') && text[10] === '-') {
    return traceIdOf(text.slice(2, 10) + text.slice(11));
  }
  const traces = text.lastIndexOf('/traces/');
  return traces >= 0 ? traceIdOf(text.slice(traces + 8)) : null;
}

/** A span id (16 hexadecimal digits, not all zero), else null. */
export function spanIdOf(text: string): string | null {
  return text.length === 16 ? hexId(text, spanId) : null;
}

/** In lower case; null where it is no id or all zeros, which stands for none. */
function hexId(text: string, pattern: RegExp): string | null {
  if (pattern.test(text)) return zeros.test(text) ? null : text;
  const lower = text.toLowerCase();
  return lower !== text && pattern.test(lower) ? lower : null;
}

export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string | null;
}

/** @see https://www.w3.org/TR/trace-context/#traceparent-header */
export function traceparentOf(text: string): TraceContext | null {
  if (text.length < 55 || text[2] !== '-' || text[35] !== '-' || text[52] !== '-') return null;
  if (text.length > 55 && text[55] !== '-') return null;
  const trace = traceIdOf(text.slice(3, 35));
  const parent = spanIdOf(text.slice(36, 52));
  return trace === null || parent === null ? null : { traceId: trace, spanId: parent };
}

/**
 * AWS's tracing header, `Root=1-8hex-24hex;Parent=16hex;Sampled=1`.
 * @see https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
 */
export function xrayHeaderOf(text: string): TraceContext | null {
  let root: string | null = null;
  let parent: string | null = null;
  for (const part of text.slice(0, 512).split(';')) {
    if (part.startsWith('Root=')) root = traceIdOf(part.slice(5));
    else if (part.startsWith('Parent=')) parent = spanIdOf(part.slice(7));
  }
  return root === null ? null : { traceId: root, spanId: parent };
}
