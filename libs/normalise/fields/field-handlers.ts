import { severity, severityOfWord } from '@tailrace/log-record/severity.ts';
import { isDigit } from '../characters.ts';
import { withoutColours } from '../colours.ts';
import type { Draft, JsonShape } from '../draft.ts';
import { severityOfLetter } from '../head/head-levels.ts';
import { storable } from '../storable.ts';
import { isoOfEpoch } from '../time/epoch.ts';
import { timeAt } from '../time/time-at.ts';
import { traceparentOf, xrayHeaderOf } from '../trace-context.ts';
import type { FieldHandler } from './field-names.ts';

/** What is done with a field of a log line in JSON or in pairs. */
type Handler = FieldHandler<Draft>;

export const attribute: Handler = (draft, value, _kind, path) => draft.attribute(path, value);

/** The message, where there are several the one of the lowest rank. */
export function message(rank: number): Handler {
  return (draft, value, kind, path) => {
    if (kind === 'array' || kind === 'object' || value === 'null') draft.attribute(path, value);
    else draft.message(value, path, rank);
  };
}

/** A level by its word. A number waits until all fields are known: they say which library's it is. */
export function level(rank: number): Handler {
  return (draft, value, kind, path) => {
    const word = withoutColours(value);
    const number = kind === 'number' ? 0 : word.length === 1 ? severityOfLetter(word) : severityOfWord(word);
    if (number !== 0) draft.level(number, word, path, rank);
    else if (draft.numericLevel === undefined && isNumeric(value))
      draft.numericLevel = { value: Number(value), text: value, path };
    else draft.attribute(path, value);
  };
}

/** A level that is always of one scale. */
export function scaled(rank: number, numberOf: (level: number) => number): Handler {
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

export function otelSeverity(level: number): number {
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

export const status: Handler = (draft, value, kind, path) => {
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

export const mongoLevel: Handler = (draft, value, _kind, path) => {
  const number = draft.shape === 'mongodb' && value.length <= 2 ? mongoLevels[value.charAt(0)] : undefined;
  if (number === undefined) draft.attribute(path, value);
  else draft.level(number, value, path);
};

export const time: Handler = (draft, value, kind, path) => {
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
export const nanoseconds: Handler = (draft, value, kind, path) => {
  if (kind !== 'number' || !draft.refineTime(value)) draft.attribute(path, value);
};

/** The X-Ray SDK for Java: the trace, and perhaps the segment behind `@`. */
export const xray: Handler = (draft, value, _kind, path) => {
  const [id = '', segment] = value.split('@', 2);
  if (!draft.trace(id) && !draft.traceContext(xrayHeaderOf(value))) draft.attribute(path, value);
  else if (segment !== undefined) draft.span(segment);
};

const longestScopes = 16 * 1024;

/** .NET's JSON console has the ids in the scopes that were open. */
export const scopes: Handler = (draft, value, kind, path) => {
  draft.attribute(path, value);
  if (kind !== 'array' || value.length > longestScopes || !value.includes('TraceId')) return;
  const list: unknown = parsed(value);
  for (const scope of Array.isArray(list) ? list : []) {
    if (typeof scope !== 'object' || scope === null) continue;
    if ('TraceId' in scope && typeof scope.TraceId === 'string') draft.trace(scope.TraceId);
    if ('SpanId' in scope && typeof scope.SpanId === 'string') draft.span(scope.SpanId);
  }
};

export const trace: Handler = (draft, value, _kind, path) => {
  if (!draft.trace(value) && !draft.traceContext(xrayHeaderOf(value))) draft.attribute(path, value);
};

export const span: Handler = (draft, value, _kind, path) => {
  if (!draft.span(value)) draft.attribute(path, value);
};

export const traceparent: Handler = (draft, value, _kind, path) => {
  if (!draft.traceContext(traceparentOf(value))) draft.attribute(path, value);
};

/** Heroku's router calls a duration `service`. */
export const service: Handler = (draft, value, kind, path) => {
  if (kind === 'string' && !isDigit(value.charCodeAt(0))) draft.service(value, path);
  else draft.attribute(path, value);
};

/** Under a name of our own, unless that is taken. */
export function renamed(to: string): Handler {
  return (draft, value, kind, path) => {
    const text = kind === 'array' ? storable(linesOf(value), draft) : value;
    draft.attribute(draft.attributes[to] === undefined && value !== 'null' ? to : path, text);
  };
}

export const exceptionType = renamed('exception.type');
export const exceptionMessage = renamed('exception.message');
export const stacktrace = renamed('exception.stacktrace');

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
export const traceback: Handler = (draft, value, kind, path) => {
  if (kind === 'string' && value.includes('\n')) stacktrace(draft, value, kind, path);
  else draft.attribute(path, value);
};

/** `error` is an object in some libraries (then its fields come by themselves) and the error's message in others. */
export const error: Handler = (draft, value, kind, path) => {
  if (kind === 'string' && value !== '') exceptionMessage(draft, value, kind, path);
  else draft.attribute(path, value);
};

/** A thread is a name to some and a number to others. */
export const thread: Handler = (draft, value, kind, path) => {
  const to = kind === 'number' || isNumeric(value) ? 'thread.id' : 'thread.name';
  renamed(to)(draft, value, kind, path);
};

export const serviceVersion: Handler = (draft, value, _kind, path) => {
  if (draft.resource['service.version'] === undefined) draft.resourceAttribute('service.version', value);
  else draft.attribute(path, value);
};

export const host: Handler = (draft, value, kind, path) => {
  if (kind === 'string' && value !== '') draft.host(value);
  else draft.attribute(path, value);
};

export function shape(name: JsonShape, then: Handler = attribute): Handler {
  return (draft, value, kind, path) => {
    draft.shape = name;
    then(draft, value, kind, path);
  };
}

export const platformType: Handler = (draft, value, _kind, path) => {
  if (value.startsWith('platform.')) draft.shape = 'lambda';
  draft.attribute(path, value);
};
