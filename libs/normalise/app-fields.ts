import {
  severity,
  severityOfLogback,
  severityOfPythonLevel,
  severityOfSyslog,
  severityOfWord,
} from '@tailrace/log-record/severity.ts';
import { isDigit } from './characters.ts';
import { withoutColours } from './colours.ts';
import { type Draft, envelopeRank, type JsonShape } from './draft.ts';
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

/** A level by its word. A number waits until all fields are known: they say which library's it is. */
function level(rank: number): Handler {
  return (draft, value, kind, path) => {
    const word = withoutColours(value);
    const number = kind === 'number' ? 0 : severityOfWord(word);
    if (number !== 0) draft.level(number, word, path, rank);
    else if (draft.numericLevel === undefined && isNumeric(value))
      draft.numericLevel = { value: Number(value), text: value, path };
    else draft.attribute(path, value);
  };
}

/** A level that is always of one scale. */
function scaled(rank: number, numberOf: (level: number) => number): Handler {
  return (draft, value, kind, path) => {
    const number = kind !== 'number' && !isNumeric(value) ? severityOfWord(value) : numberOf(Number(value));
    if (number === 0) draft.attribute(path, value);
    else draft.level(number, value, path, rank);
  };
}

const longestNumber = 6;

/** Azure's custom columns write every number with decimals. */
function isNumeric(value: string): boolean {
  return value.length <= longestNumber && /^[0-9]+(?:\.0+)?$/.test(value);
}

function otelSeverity(level: number): number {
  return level >= 1 && level <= 24 ? level : 0;
}

/** Datadog's loggers write the level as `status`, under which others have outcomes. */
const statusLevels: ReadonlySet<string> = new Set([
  'emergency',
  'alert',
  'critical',
  'error',
  'warning',
  'warn',
  'notice',
  'info',
  'debug',
  'trace',
]);

const status: Handler = (draft, value, kind, path) => {
  if (kind === 'string' && statusLevels.has(value.toLowerCase())) draft.level(severityOfWord(value), value, path, 5);
  else draft.attribute(path, value);
};

/** MongoDB's one letter, perhaps with a number behind; its time comes before it. */
const mongoLevels: Readonly<Record<string, number>> = {
  F: severity.fatal,
  E: severity.error,
  W: severity.warn,
  I: severity.info,
  D: severity.debug,
};

const mongoLevel: Handler = (draft, value, _kind, path) => {
  const number = draft.shape === 'mongodb' && value.length <= 2 ? mongoLevels[value.charAt(0)] : undefined;
  if (number === undefined) draft.attribute(path, value);
  else draft.level(number, value, path);
};

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

/** log4j2 has the part below a second in a field of its own. */
const nanoseconds: Handler = (draft, value, kind, path) => {
  if (kind !== 'number' || !draft.refineTime(value)) draft.attribute(path, value);
};

/** The X-Ray SDK for Java: the trace, and perhaps the segment behind `@`. */
const xray: Handler = (draft, value, _kind, path) => {
  const [id = '', segment] = value.split('@', 2);
  if (!draft.trace(id) && !draft.traceContext(xrayHeaderOf(value))) draft.attribute(path, value);
  else if (segment !== undefined) draft.span(segment);
};

const longestScopes = 16 * 1024;

/** .NET's JSON console has the ids in the scopes that were open. */
const scopes: Handler = (draft, value, kind, path) => {
  draft.attribute(path, value);
  if (kind !== 'array' || value.length > longestScopes || !value.includes('TraceId')) return;
  const list: unknown = parsed(value);
  for (const scope of Array.isArray(list) ? list : []) {
    if (typeof scope !== 'object' || scope === null) continue;
    if ('TraceId' in scope && typeof scope.TraceId === 'string') draft.trace(scope.TraceId);
    if ('SpanId' in scope && typeof scope.SpanId === 'string') draft.span(scope.SpanId);
  }
};

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

/** A thread is a name to some and a number to others. */
const thread: Handler = (draft, value, kind, path) => {
  const to = kind === 'number' || isNumeric(value) ? 'thread.id' : 'thread.name';
  renamed(to)(draft, value, kind, path);
};

const serviceVersion: Handler = (draft, value, _kind, path) => {
  if (draft.resource['service.version'] === undefined) draft.resourceAttribute('service.version', value);
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
  anyCase: true,
  // Rust's tracing, Fluent Bit's merged line, and whatever writes an object where others write a text.
  envelopes: ['fields', 'log_processed', 'log', 'message', 'msg', 'MESSAGE'],
  fields: {
    message: message(1),
    msg: message(2),
    '@message': message(2),
    'record.message': message(2),
    log_message: message(3),
    text: message(8),
    '@m': shape('clef', message(2)),
    RenderedMessage: message(2),
    short_message: shape('gelf', message(3)),
    MESSAGE: message(3),
    '@mt': shape('clef', message(4)),
    MessageTemplate: message(4),
    body: message(5),
    event: message(6),
    log: message(7),

    level: level(1),
    lvl: level(1),
    sLevel: level(1),
    severity: level(2),
    'log.level': level(1),
    '@level': level(1),
    '@l': shape('clef', level(1)),
    // zap's development encoder.
    L: level(4),
    levelname: level(1),
    'level.name': level(1),
    'record.level.name': level(1),
    loglevel: level(2),
    severity_text: level(2),
    severity_level: level(2),
    log_severity: level(2),
    error_severity: level(2),
    detected_level: level(4),
    priority: level(4),
    s: mongoLevel,
    status: status,
    severity_number: scaled(3, otelSeverity),
    levelno: scaled(4, severityOfPythonLevel),
    level_value: scaled(4, severityOfLogback),
    // journald has 6 for everything that a service writes to its output.
    PRIORITY: scaled(envelopeRank, severityOfSyslog),
    syslog_severity: scaled(envelopeRank, severityOfSyslog),
    'syslog.severity': scaled(envelopeRank, severityOfSyslog),

    logger: renamed('log.logger'),
    loggerName: renamed('log.logger'),
    '@module': renamed('log.logger'),
    SourceContext: renamed('log.logger'),
    thread: thread,
    thread_name: thread,
    thread_id: thread,

    time: time,
    ts: time,
    timestamp: time,
    '@timestamp': time,
    '@t': shape('clef', time),
    timeMillis: time,
    asctime: time,
    datetime: time,
    eventTime: time,
    'instant.epochSecond': time,
    'instant.nanoOfSecond': nanoseconds,
    t: time,
    't.$date': shape('mongodb', time),
    date_time: time,
    log_time: time,
    log_timestamp: time,
    'record.time.repr': time,
    time_local: time,
    time_iso8601: time,
    start_time: time,
    StartUTC: time,
    requestTime: time,
    query_timestamp: time,
    event_timestamp: time,
    createdAt: time,
    __REALTIME_TIMESTAMP: time,

    trace_id: trace,
    'trace.id': trace,
    otelTraceID: trace,
    'otel.trace_id': trace,
    '@tr': trace,
    'AWS-XRAY-TRACE-ID': xray,
    xray_trace_id: trace,
    'x-amzn-trace-id': trace,
    'logging.googleapis.com/trace': trace,
    'record.tracing.value': trace,
    'contextMap.traceId': trace,
    'mdc.traceId': trace,
    span_id: span,
    'span.id': span,
    otelSpanID: span,
    'otel.span_id': span,
    '@sp': span,
    'logging.googleapis.com/spanId': span,
    'contextMap.spanId': span,
    'mdc.spanId': span,
    traceparent: traceparent,
    'headers.traceparent': traceparent,
    'req.headers.traceparent': traceparent,

    service: service,
    'service.name': service,
    service_name: service,
    'dd.service': service,
    'serviceContext.service': service,
    'serviceContext.version': serviceVersion,
    'service.version': serviceVersion,

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
    stack_trace: stacktrace,
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
    Scopes: scopes,
  },
});
