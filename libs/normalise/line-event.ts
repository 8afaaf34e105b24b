import { type Provider, providerSymbols } from '@tailrace/schemas/generated/provider.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';

/** A line as its provider would have sent it. */
export interface LineEvent {
  readonly raw: RawEvent;
  /** Whether the line was the provider's JSON already. */
  readonly isEvent: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

interface Shape {
  /** Fields that only this provider's events have. */
  readonly telltale: readonly string[];
  readonly wrap: (line: string) => Fields;
  readonly id: string;
  readonly time: string;
  readonly stream: readonly string[];
}

const shapes: Readonly<Record<Provider, Shape>> = {
  aws: {
    telltale: ['eventId', 'ingestionTime', 'logStreamName'],
    wrap: (message) => ({ message }),
    id: 'eventId',
    time: 'timestamp',
    stream: ['logStreamName'],
  },
  azure: {
    telltale: ['TimeGenerated', '_ItemId', 'TenantId'],
    wrap: (message) => ({ Message: message }),
    id: '_ItemId',
    time: 'TimeGenerated',
    stream: ['AppRoleInstance', 'PodName', 'Computer'],
  },
  gcp: {
    telltale: ['logName', 'insertId', 'textPayload', 'jsonPayload', 'protoPayload'],
    wrap: (textPayload) => ({ textPayload }),
    id: 'insertId',
    time: 'timestamp',
    stream: [],
  },
};

/**
 * Takes a line that is the provider's own JSON as it is, and wraps any other one as the provider's event with that text.
 *
 * @param given whose events they are. Left out, the line's own fields say it; of a plain text it makes no difference.
 * @param number of the line, from 1.
 * @param now the time of an event that has none, milliseconds since the epoch.
 */
export function lineEvent(given: Provider | undefined, line: string, number: number, now: number): LineEvent {
  const json = jsonFields(line);
  const provider = given ?? providerSymbols.find((each) => isEventOf(shapes[each], json)) ?? 'aws';
  const shape = shapes[provider];
  const event = isEventOf(shape, json) ? json : undefined;
  const fields = event ?? shape.wrap(line);
  const timestamp = timeOf(fields[shape.time]) ?? now * 1000;
  const stream = shape.stream.map((name) => fields[name]).find((value) => typeof value === 'string');
  const id = fields[shape.id];
  const table = typeof fields.Type === 'string' ? fields.Type : '';
  return {
    isEvent: event !== undefined,
    raw: {
      connection_id: 'conn_file',
      project_id: 'file',
      provider,
      event_id: typeof id === 'string' ? id : `line ${number}`,
      timestamp,
      timestamp_nanos: 0,
      observed_timestamp: timestamp,
      ingest_timestamp: now * 1000,
      source: provider === 'azure' ? { table } : {},
      stream: typeof stream === 'string' ? stream : '',
      payload: event === undefined ? JSON.stringify(fields) : line,
      rewind_id: null,
    },
  };
}

function isEventOf({ telltale }: Shape, json: Fields | undefined): boolean {
  return json !== undefined && telltale.some((name) => Object.hasOwn(json, name));
}

function jsonFields(line: string): Fields | undefined {
  if (!line.trimStart().startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** Milliseconds since the epoch, or an ISO time. @returns microseconds. */
function timeOf(value: unknown): number | undefined {
  const millis = typeof value === 'string' ? Date.parse(value) : value;
  return typeof millis === 'number' && Number.isSafeInteger(Math.round(millis * 1000))
    ? Math.round(millis * 1000)
    : undefined;
}
