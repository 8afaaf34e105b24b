import type { Provider } from '@tailrace/schemas/generated/provider.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { builtInClouds } from './providers/built-in-clouds.ts';
import type { CloudEvents, EventFields, LineShape } from './providers/cloud-events.ts';

/** A line as its provider would have sent it. */
export interface LineEvent {
  readonly raw: RawEvent;
  /** Whether the line was the provider's JSON already. */
  readonly isEvent: boolean;
}

/**
 * Takes a line that is the provider's own JSON as it is, and wraps any other one as the provider's event with that text.
 *
 * @param given whose events they are. Left out, the line's own fields say it; of a plain text it makes no difference.
 * @param number of the line, from 1.
 * @param now the time of an event that has none, milliseconds since the epoch.
 * @param clouds those whose events are known; the first of them wraps a plain text.
 */
export function lineEvent(
  given: Provider | undefined,
  line: string,
  number: number,
  now: number,
  clouds: readonly CloudEvents[] = builtInClouds,
): LineEvent {
  const json = jsonFields(line);
  const cloud = clouds.find((each) => (given === undefined ? isEventOf(each.line, json) : each.provider === given));
  const { provider, line: shape } = cloud ?? firstOf(clouds, given);
  const event = isEventOf(shape, json) ? json : undefined;
  const fields = event ?? shape.wrap(line);
  const timestamp = timeOf(fields[shape.time]) ?? now * 1000;
  const stream = shape.stream.map((name) => fields[name]).find((value) => typeof value === 'string');
  const id = fields[shape.id];
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
      source: shape.source?.(fields) ?? {},
      stream: typeof stream === 'string' ? stream : '',
      payload: event === undefined ? JSON.stringify(fields) : line,
      rewind_id: null,
    },
  };
}

function firstOf(clouds: readonly CloudEvents[], given: Provider | undefined): CloudEvents {
  const [first] = clouds;
  if (first !== undefined && given === undefined) return first;
  throw new Error(`events of ${given ?? 'any cloud'} are not known here`);
}

function isEventOf({ telltale }: LineShape, json: EventFields | undefined): boolean {
  return json !== undefined && telltale.some((name) => Object.hasOwn(json, name));
}

function jsonFields(line: string): EventFields | undefined {
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
