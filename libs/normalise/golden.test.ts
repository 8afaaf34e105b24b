import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { cloudEvents } from '@tailrace/connectors/clouds.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { logRecordCodec } from '@tailrace/schemas/generated/log-record.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { describe, expect, it } from 'vitest';
import { normaliserOf } from './normalise.ts';
import { textParserNames } from './parsers/parser-lists.ts';

/**
 * Each file of `golden/<parser or product>/` is an input and what becomes of it, or a list of such: `text` is the message
 * of an AWS event that says nothing else, `event` a raw event (its payload as JSON or, where the text matters, as a string).
 * `UPDATE_GOLDEN=1` writes what comes out now; read the difference before it is committed, and see normaliser-version.ts.
 */
interface GoldenCase {
  readonly text?: string;
  readonly event?: Partial<RawEvent> & { readonly payload: unknown };
  readonly record?: GoldenRecord;
}

type GoldenRecord = Pick<
  LogRecord,
  'parser' | 'severity_number' | 'severity_text' | 'body' | 'trace_id' | 'span_id' | 'resource' | 'attributes'
> &
  Partial<Pick<LogRecord, 'flags' | 'truncated_from'>>;

/** Of every cloud, wherever its reader stands. */
const normalise = normaliserOf({ clouds: cloudEvents });
const golden = join(import.meta.dirname, 'golden');
const fewestCases = 5;
const parsers = readdirSync(golden);

const defaults: RawEvent = {
  connection_id: 'conn_000000000000000000000001',
  project_id: 'demo',
  provider: 'aws',
  event_id: 'event-1',
  timestamp: Date.parse('2024-01-31T10:20:30.123Z') * 1000 + 456,
  timestamp_nanos: 789,
  observed_timestamp: Date.parse('2024-01-31T10:20:31Z') * 1000,
  ingest_timestamp: Date.parse('2024-01-31T10:20:32Z') * 1000,
  source: {},
  stream: 'stream-1',
  payload: '',
  rewind_id: null,
};

function rawEventOf({ text, event }: GoldenCase): RawEvent {
  if (event === undefined) return { ...defaults, payload: JSON.stringify({ message: text }) };
  const payload = typeof event.payload === 'string' ? event.payload : JSON.stringify(event.payload);
  return { ...defaults, ...event, payload };
}

function goldenRecordOf(record: LogRecord, isText: boolean): GoldenRecord {
  const { parser, severity_number, severity_text, body, trace_id, span_id, flags, truncated_from } = record;
  const resource = { ...record.resource };
  const attributes = { ...record.attributes };
  if (isText) {
    delete resource['cloud.provider'];
    delete resource['aws.log.stream.names'];
    delete attributes['log.record.uid'];
  }
  return {
    ...{ parser, severity_number, severity_text, body, trace_id, span_id, resource, attributes },
    ...(flags.length > 0 && { flags }),
    ...(truncated_from !== null && { truncated_from }),
  };
}

interface NamedCase {
  readonly title: string;
  readonly goldenCase: GoldenCase;
  readonly update: (record: GoldenRecord) => void;
}

/** The cases of a file, which holds one by itself or a list. */
function casesOf(path: string): readonly NamedCase[] {
  const held = JSON.parse(readFileSync(path, 'utf8')) as GoldenCase | GoldenCase[];
  const cases = [held].flat();
  return cases.map((goldenCase, index) => ({
    title: Array.isArray(held) ? `${basename(path)} ${goldenCase.text ?? index}` : basename(path),
    goldenCase,
    update: (record) => {
      const { text, event } = goldenCase;
      cases[index] = { ...(text !== undefined && { text }), ...(event !== undefined && { event }), record };
      writeFileSync(path, `${JSON.stringify(Array.isArray(held) ? cases : cases[0], null, 2)}\n`);
    },
  }));
}

describe('golden records', () => {
  it.each(textParserNames)('parser %s has a folder', (parser) => {
    expect(parsers).toContain(parser);
  });

  describe.each(parsers)('%s', (parser) => {
    const cases = readdirSync(join(golden, parser)).flatMap((file) => casesOf(join(golden, parser, file)));

    it(`has at least ${fewestCases} cases`, () => {
      expect(cases.length).toBeGreaterThanOrEqual(fewestCases);
    });

    it.each(cases)('$title', ({ goldenCase, update }) => {
      const record = normalise(rawEventOf(goldenCase), { partition: 3, offset: 42 });
      const actual = goldenRecordOf(record, goldenCase.event === undefined);
      // The same record with its fields in another order is no change.
      if (process.env.UPDATE_GOLDEN === '1' && !isDeepStrictEqual(actual, goldenCase.record)) return update(actual);
      expect(actual).toEqual(goldenCase.record);
      expect(logRecordCodec.decode(Buffer.from(logRecordCodec.encode(record)))).toEqual(record);
    });
  });

  it('every parser that wrote a record has a folder of its own', () => {
    const written = parsers.flatMap((parser) =>
      readdirSync(join(golden, parser)).flatMap((file) =>
        casesOf(join(golden, parser, file)).map(({ goldenCase }) => goldenCase.record?.parser),
      ),
    );
    expect(parsers).toEqual(expect.arrayContaining([...new Set(written)]));
  });
});
