import { severityOfPinoLevel, severityOfPythonLevel, severityOfWord } from '@tailrace/log-record/severity.ts';
import { isDigit } from './characters.ts';
import type { Draft, JsonShape } from './draft.ts';
import { type FieldHandler, FieldNames } from './field-names.ts';
import { storable } from './storable.ts';
import { isoOfEpoch } from './time/epoch.ts';
import { timeAt } from './time/time-at.ts';
import { traceparentOf, xrayHeaderOf } from './trace-context.ts';

type Handler = FieldHandler<Draft>;

const attribute: Handler = (draft, value, _kind, path) => draft.attribute(path, value);

/** The message, where there are several the one of the lowest rank. */
function message(rank: number): Handler {
  return (draft, value, kind, path) => {
    if (kind === 'array' || kind === 'object' || value === 'null') draft.attribute(path, value);
    else draft.message(value, path, rank);
  };
}

function level(rank: number, numberOf: (level: number) => number): Handler {
  return (draft, value, kind, path) => {
    const number = (kind === 'number' ? 0 : severityOfWord(value)) || (isNumeric(value) ? numberOf(Number(value)) : 0);
    if (number === 0) draft.attribute(path, value);
    else draft.level(number, value, path, rank);
  };
}

function isNumeric(value: string): boolean {
  return value.length <= 3 && value.length > 0 && !Number.isNaN(Number(value));
}

function otelSeverity(level: number): number {
  return level >= 1 && level <= 24 ? level : 0;
}

const time: Handler = (draft, value, kind, path) => {
  const iso = kind === 'literal' ? undefined : isoOfField(value, draft.timestamp);
  if (iso === undefined || draft.hasTime) draft.attribute(path, value);
  else draft.time(iso);
};

function isoOfField(value: string, reference: number): string | undefined {
  const found = timeAt(value, 0, reference);
  if (found !== undefined) return found.end === value.length ? found.iso : undefined;
  return isoOfEpoch(value);
}

const trace: Handler = (draft, value, _kind, path) => {
  if (!draft.trace(value) && !draft.traceContext(xrayHeaderOf(value))) draft.attribute(path, value);
};

const span: Handler = (draft, value, _kind, path) => {
  if (!draft.span(value)) draft.attribute(path, value);
};

const traceparent: Handler = (draft, value, _kind, path) => {
  if (!draft.traceContext(traceparentOf(value))) draft.attribute(path, value);
};

/** Heroku's router calls a duration `service`. */
const service: Handler = (draft, value, kind, path) => {
  if (kind === 'string' && !isDigit(value.charCodeAt(0))) draft.service(value, path);
  else draft.attribute(path, value);
};

/** Under a name of our own, unless that is taken. */
function renamed(to: string): Handler {
  return (draft, value, kind, path) => {
    const text = kind === 'array' ? storable(linesOf(value), draft) : value;
    draft.attribute(draft.attributes[to] === undefined && value !== 'null' ? to : path, text);
  };
}

const exceptionType = renamed('exception.type');
const exceptionMessage = renamed('exception.message');
const stacktrace = renamed('exception.stacktrace');

/** A stack trace written as an array of its lines; any other array stays as it is. */
function linesOf(array: string): string {
  const lines: unknown = parsed(array);
  return Array.isArray(lines) && lines.every((line) => typeof line === 'string') ? lines.join('\n') : array;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Python's `exc_info` and the like: a whole traceback in one string. */
const traceback: Handler = (draft, value, kind, path) => {
  if (kind === 'string' && value.includes('\n')) stacktrace(draft, value, kind, path);
  else draft.attribute(path, value);
};

/** `error` is an object in some libraries (then its fields come by themselves) and the error's message in others. */
const error: Handler = (draft, value, kind, path) => {
  if (kind === 'string' && value !== '') exceptionMessage(draft, value, kind, path);
  else draft.attribute(path, value);
};

const host: Handler = (draft, value, kind, path) => {
  if (kind === 'string' && value !== '') draft.host(value);
  else draft.attribute(path, value);
};

function shape(name: JsonShape, then: Handler = attribute): Handler {
  return (draft, value, kind, path) => {
    draft.shape = name;
    then(draft, value, kind, path);
  };
}

const platformType: Handler = (draft, value, _kind, path) => {
  if (value.startsWith('platform.')) draft.shape = 'lambda';
  draft.attribute(path, value);
};

/**
 * Names that logging libraries give to the fields we know. Sources: the libraries' own documentation (pino, bunyan,
 * winston, zap, logrus, zerolog, slog, Serilog's CLEF and JSON formatters, log4j2's JsonTemplateLayout and JsonLayout,
 * logstash-logback-encoder, ECS, python-json-logger, structlog, GELF, AWS Lambda's JSON format, OpenTelemetry's
 * non-OTLP fields, Docker's json-file).
 */
export const appFields = new FieldNames<Draft>({
  otherwise: attribute,
  fields: {
    message: message(1),
    msg: message(2),
    Message: message(2),
    '@m': shape('clef', message(2)),
    RenderedMessage: message(2),
    short_message: shape('gelf', message(3)),
    MESSAGE: message(3),
    '@mt': shape('clef', message(4)),
    MessageTemplate: message(4),
    body: message(5),
    Body: message(5),
    event: message(6),
    log: message(7),

    level: level(1, severityOfPinoLevel),
    Level: level(1, severityOfPinoLevel),
    lvl: level(1, severityOfPinoLevel),
    // As a number it may be syslog's, OpenTelemetry's or anybody's.
    severity: level(2, () => 0),
    'log.level': level(1, severityOfPinoLevel),
    '@l': shape('clef', level(1, severityOfPinoLevel)),
    levelname: level(1, severityOfPythonLevel),
    level_name: level(1, severityOfPythonLevel),
    loglevel: level(2, severityOfPinoLevel),
    logLevel: level(2, severityOfPinoLevel),
    log_level: level(2, severityOfPinoLevel),
    LogLevel: level(2, severityOfPinoLevel),
    severity_text: level(2, otelSeverity),
    severityText: level(2, otelSeverity),
    SeverityText: level(2, otelSeverity),
    severity_number: level(3, otelSeverity),
    severityNumber: level(3, otelSeverity),
    SeverityNumber: level(3, otelSeverity),
    levelno: level(4, severityOfPythonLevel),

    time: time,
    ts: time,
    timestamp: time,
    Timestamp: time,
    '@timestamp': time,
    '@t': shape('clef', time),
    timeMillis: time,
    asctime: time,
    datetime: time,
    eventTime: time,
    'instant.epochSecond': time,

    trace_id: trace,
    traceId: trace,
    TraceId: trace,
    traceID: trace,
    traceid: trace,
    'trace.id': trace,
    otelTraceID: trace,
    'otel.trace_id': trace,
    '@tr': trace,
    xray_trace_id: trace,
    xrayTraceId: trace,
    'x-amzn-trace-id': trace,
    'X-Amzn-Trace-Id': trace,
    'logging.googleapis.com/trace': trace,
    'record.tracing.value': trace,
    'contextMap.traceId': trace,
    'contextMap.trace_id': trace,
    'mdc.traceId': trace,
    'mdc.trace_id': trace,
    span_id: span,
    spanId: span,
    SpanId: span,
    spanID: span,
    spanid: span,
    'span.id': span,
    otelSpanID: span,
    'otel.span_id': span,
    '@sp': span,
    'logging.googleapis.com/spanId': span,
    'contextMap.spanId': span,
    'contextMap.span_id': span,
    'mdc.spanId': span,
    'mdc.span_id': span,
    traceparent: traceparent,
    'headers.traceparent': traceparent,
    'req.headers.traceparent': traceparent,

    service: service,
    'service.name': service,
    service_name: service,
    serviceName: service,
    ServiceName: service,
    'dd.service': service,

    hostname: host,
    'host.name': host,

    error: error,
    err: error,
    'err.type': exceptionType,
    'err.name': exceptionType,
    'err.message': exceptionMessage,
    'err.stack': stacktrace,
    'error.type': exceptionType,
    'error.name': exceptionType,
    'error.message': exceptionMessage,
    'error.stack': stacktrace,
    'error.stack_trace': stacktrace,
    errorType: exceptionType,
    errorMessage: exceptionMessage,
    stackTrace: stacktrace,
    stack_trace: stacktrace,
    stacktrace: stacktrace,
    stack: stacktrace,
    errorVerbose: stacktrace,
    '@x': shape('clef', stacktrace),
    Exception: stacktrace,
    exc_info: traceback,
    exception: traceback,
    'thrown.name': exceptionType,
    'thrown.message': exceptionMessage,
    'thrown.extendedStackTrace': stacktrace,

    eventSource: shape('cloudtrail'),
    type: platformType,
  },
});
