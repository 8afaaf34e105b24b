import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { describe, expect, it } from 'vitest';
import { normalise } from '../normalise.ts';

/**
 * Inputs in the shape of what people reported in public about other products, each standing for a kind. `input` is a
 * message, wrapped as the provider delivers it, or the provider's own event; `{"$text": …}` a long message. `expect`
 * names what must come out: a value, or one of the conditions in `matches`.
 */
interface FieldCase {
  readonly name: string;
  readonly kind: string;
  readonly provider: RawEvent['provider'];
  readonly input: string | Readonly<Record<string, unknown>>;
  readonly event?: Partial<RawEvent>;
  readonly expect: Readonly<Record<string, unknown>>;
}

const folder = join(import.meta.dirname, '../cases');
const cases = readdirSync(folder)
  .sort()
  .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as FieldCase);

/** Under which field the clouds of the cases carry a text. */
const wrappers: Partial<Readonly<Record<RawEvent['provider'], string>>> = {
  aws: 'message',
  azure: 'Message',
  gcp: 'textPayload',
};

function payloadOf({ provider, input }: FieldCase): string {
  if (typeof input === 'object' && !('$text' in input)) return JSON.stringify(input);
  const wrapper = wrappers[provider];
  if (wrapper === undefined) throw new Error(`no case wraps a text as ${provider} does`);
  return JSON.stringify({ [wrapper]: typeof input === 'string' ? input : longText(input.$text) });
}

function longText(spec: unknown): string {
  const { before, fill, bytes, after = '' } = spec as { before: string; fill: string; bytes: number; after?: string };
  const room = bytes - before.length - after.length;
  return before + fill.repeat(Math.ceil(room / fill.length)).slice(0, room) + after;
}

const eventTime = Date.parse('2026-11-30T11:22:33.500Z') * 1000;

function rawEventOf(fieldCase: FieldCase): RawEvent {
  return {
    connection_id: 'conn_000000000000000000000001',
    project_id: 'demo',
    provider: fieldCase.provider,
    event_id: 'event-1',
    timestamp: eventTime,
    timestamp_nanos: 0,
    observed_timestamp: eventTime,
    ingest_timestamp: eventTime,
    source: {},
    stream: 'stream-1',
    payload: payloadOf(fieldCase),
    rewind_id: null,
    ...fieldCase.event,
  };
}

const levelNames = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

function levelOf({ severity_number: number }: LogRecord): string | null {
  return number === 0 ? null : (levelNames[Math.floor((number - 1) / 4)] ?? null);
}

/** Whether a value is what a case expects; absent values count as null. */
function matches(actual: unknown, expected: unknown): boolean {
  if (typeof expected !== 'object' || expected === null) return (actual ?? null) === expected;
  if ('absent' in expected) return actual === undefined || actual === null;
  if ('oneOf' in expected) return (expected.oneOf as unknown[]).some((one) => matches(actual, one));
  if ('matches' in expected) return new RegExp(String(expected.matches), 'u').test(String(actual));
  if ('not' in expected) return !matches(actual, expected.not);
  if ('includes' in expected) return String(actual).includes(String(expected.includes));
  return Object.entries(expected).every(([key, value]) => matches((actual as Record<string, unknown>)[key], value));
}

describe('cases from the field', () => {
  it.each(cases.map((one) => [one.name, one] as const))('%s', (_, fieldCase) => {
    const record = normalise(rawEventOf(fieldCase), { partition: 0, offset: 0 });
    const seen: Record<string, unknown> = { ...record, level: levelOf(record) };
    for (const [key, expected] of Object.entries(fieldCase.expect)) {
      expect(matches(seen[key], expected), `${key} is ${JSON.stringify(seen[key])}`).toBe(true);
    }
  });
});
