import { maxAttributes, maxBodyBytes } from '@tailrace/log-record/limits.ts';
import { logRecordCodec } from '@tailrace/schemas/generated/log-record.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalise } from './normalise.ts';
import { normaliserVersion } from './normaliser-version.ts';

const eventTime = Date.UTC(2024, 0, 31) * 1000;

function rawEvent(changes: Partial<RawEvent> = {}): RawEvent {
  return {
    connection_id: 'conn_1',
    project_id: 'demo',
    provider: 'aws',
    event_id: 'e1',
    timestamp: eventTime,
    timestamp_nanos: 0,
    observed_timestamp: eventTime + 1_000_000,
    ingest_timestamp: eventTime + 2_000_000,
    source: {},
    stream: 's',
    payload: '{"message":"hello"}',
    rewind_id: null,
    ...changes,
  };
}

const position = { partition: 2, offset: 77 };
const withMessage = (message: string) => normalise(rawEvent({ payload: JSON.stringify({ message }) }), position);

describe('normalise', () => {
  it('fills every field', () => {
    expect(normalise(rawEvent({ timestamp_nanos: 7, rewind_id: 'rwd_1' }), position)).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      project_id: 'demo',
      connection_id: 'conn_1',
      provider: 'aws',
      timestamp: eventTime,
      timestamp_nanos: 7,
      observed_timestamp: eventTime + 1_000_000,
      ingest_timestamp: eventTime + 2_000_000,
      severity_number: 0,
      severity_text: '',
      body: 'hello',
      trace_id: null,
      span_id: null,
      resource: expect.objectContaining({ 'cloud.provider': 'aws' }),
      attributes: expect.objectContaining({ 'log.record.uid': 'e1' }),
      stream: 's',
      parser: 'plain',
      normaliser_version: normaliserVersion,
      truncated_from: null,
      flags: [],
      raw_partition: 2,
      raw_offset: 77,
      replay_id: 'rwd_1',
    });
  });

  it("gives a replay's records the replay's id and the same identity", () => {
    const live = normalise(rawEvent(), position);
    const replayed = normalise(rawEvent(), position, { replayId: 'rpl_1' });
    expect(replayed).toEqual({ ...live, replay_id: 'rpl_1' });
  });

  it.each([
    ['1970', 0],
    ['9999', Date.UTC(9999, 0) * 1000],
    ['NaN', Number.NaN],
    ['beyond safe integers', 2 ** 60],
    ['negative', -1],
  ])('puts the observed time in the place of an event time of %s', (_, timestamp) => {
    const record = normalise(rawEvent({ timestamp, timestamp_nanos: 5 }), position);
    expect(record).toMatchObject({
      timestamp: eventTime + 1_000_000,
      timestamp_nanos: 0,
      flags: ['time_out_of_range'],
    });
  });

  it('needs no clock that is right', () => {
    const record = normalise(
      rawEvent({ timestamp: 0, observed_timestamp: Number.NaN, ingest_timestamp: Number.NaN }),
      position,
    );
    expect(logRecordCodec.decode(Buffer.from(logRecordCodec.encode(record)))).toEqual(record);
    expect(record.timestamp).toBe(Date.UTC(2000, 0) * 1000);
  });

  it('never lets a time in the text be the timestamp', () => {
    const record = withMessage('2020-02-02T02:02:02.123456Z INFO hi');
    expect(record.timestamp).toBe(eventTime);
    expect(record.attributes['log.time']).toBe('2020-02-02T02:02:02.123456Z');
  });

  it('cuts a body of 10 MB between two characters and records its size', () => {
    const record = withMessage(`x${'é'.repeat(5_000_000)}`);
    expect(Buffer.byteLength(record.body)).toBe(maxBodyBytes - 1);
    expect(record.body.endsWith('é')).toBe(true);
    expect(record.truncated_from).toBe(10_000_001);
    expect(record.flags).toContain('body_truncated');
  });

  it('reads the head of a line that it cuts', () => {
    const record = withMessage(`2024-01-31T10:20:30Z ERROR ${'x'.repeat(1_000_000)}`);
    expect(record).toMatchObject({ severity_number: 17, truncated_from: 1_000_000 });
  });

  it('caps the attributes', () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`k${index}`, index]));
    const record = withMessage(JSON.stringify({ msg: 'many', level: 'error', ...many }));
    expect(record).toMatchObject({ body: 'many', severity_number: 17, flags: ['attributes_truncated'] });
    expect(Object.keys(record.attributes)).toHaveLength(maxAttributes + 1);
    expect(record.attributes['log.record.uid']).toBe('e1');
  });

  it('caps what one attribute and all together hold', () => {
    const long = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`k${index}`, 'v'.repeat(100_000)]));
    const record = withMessage(JSON.stringify({ msg: 'long', ...long }));
    const lengths = Object.values(record.attributes).map((value) => value.length);
    expect(Math.max(...lengths)).toBe(32 * 1024);
    expect(lengths.reduce((sum, length) => sum + length)).toBeLessThanOrEqual(256 * 1024);
    expect(record.flags).toEqual(['attributes_truncated']);
  });

  it.each([
    ['depth', `{"level":"error","a":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_001)}`],
    ['arrays', `{"level":"error","a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`],
    ['keys', `{${Array.from({ length: 1_000_000 }, (_, index) => `"k${index}":${index}`).join(',')}}`],
  ])('leaves JSON of great %s unparsed', (_, text) => {
    const record = withMessage(text);
    expect(record).toMatchObject({ parser: 'plain', severity_number: 0, truncated_from: text.length });
    expect(record.body).toBe(text.slice(0, maxBodyBytes));
    expect(record.flags).toEqual(['json_too_large', 'body_truncated']);
  });

  it.each(['aws', 'azure', 'gcp'] as const)('keeps a payload of %s that is not JSON as the body', (provider) => {
    for (const payload of ['', 'not json', '[1]', '"text"', '{"cut":', '{"a":'.repeat(100_000)]) {
      const record = normalise(rawEvent({ provider, payload }), position);
      expect(record.body).toBe(payload.slice(0, maxBodyBytes));
      expect(record.flags).toContain('payload_unreadable');
    }
  });

  it('replaces NUL wherever it stands', () => {
    const record = normalise(
      rawEvent({
        stream: 'a\0b',
        source: { region: 'x\0' },
        event_id: 'id\0',
        payload: '{"message":"{\\"k\\":\\"\\\\u0000\\"}"}',
      }),
      position,
    );
    expect(JSON.stringify({ ...record, body: '' })).not.toContain('\\u0000');
    expect(record).toMatchObject({ stream: 'a\ufffdb', flags: ['nul_replaced'] });
    expect(record.resource['cloud.region']).toBe('x\ufffd');
    expect(record.attributes.k).toBe('\ufffd');
  });

  it('treats __proto__ as a name', () => {
    const record = withMessage('{"__proto__":{"polluted":"yes"},"constructor":{"prototype":1}}');
    expect(record.attributes['__proto__.polluted']).toBe('yes');
    expect(record.attributes['constructor.prototype']).toBe('1');
    expect({}).not.toHaveProperty('polluted');
  });
});

/** Pieces that make hostile texts more likely to get deep into a parser than characters at random would. */
const pieces = fc.constantFrom(
  ...[
    '{',
    '}',
    '[',
    ']',
    '"',
    '\\',
    '\\u0000',
    '\\ud800',
    ':',
    ',',
    '=',
    ' ',
    '\t',
    '\n',
    '- ',
    ' - ',
    '|',
    '<34>',
    '1 ',
  ],
  ...['2024-01-31T10:20:30.123Z', '2024/01/31 10:20:30', '[10/Oct/2000:13:55:36 -0700]', 'Jan 31 10:20:30', '10:20:30'],
  ...['INFO', 'ERROR', 'level', 'msg', 'trace_id', '0af7651916cd43dd8448eb211c80319c', 'I0131', 'main.go:12]', 'at '],
  ...['Traceback (most recent call last):', 'panic: ', 'goroutine 1', 'REPORT RequestId: ', 'START RequestId: '],
  ...[
    '8476a536-e9f4-11e8-9739-2dfe598c3fcd',
    'http',
    'GET / HTTP/1.1',
    '\0',
    '\ud83d',
    '\x1b[31m',
    'é',
    '😀',
    '__proto__',
  ],
);
const hostileText = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: pieces },
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.jsonValue().map((value) => JSON.stringify(value)),
    ),
    {
      maxLength: 30,
    },
  )
  .map((parts) => parts.join(''));
const field = fc.constantFrom(
  'message',
  'Message',
  'LogMessage',
  'SeverityLevel',
  'textPayload',
  'jsonPayload',
  'httpRequest',
);
const hostilePayload = fc.oneof(
  hostileText,
  fc.dictionary(field, fc.oneof(hostileText, fc.jsonValue())).map((object) => JSON.stringify(object)),
);
const anyNumber = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.double());
const anyEvent: fc.Arbitrary<RawEvent> = fc.record({
  connection_id: fc.string(),
  project_id: fc.string(),
  provider: fc.constantFrom('aws', 'azure', 'gcp'),
  event_id: fc.string({ unit: 'binary' }),
  timestamp: anyNumber,
  timestamp_nanos: anyNumber,
  observed_timestamp: anyNumber,
  ingest_timestamp: anyNumber,
  source: fc.dictionary(fc.constantFrom('region', 'log_group', 'table', 'x'), fc.string({ unit: 'binary' })),
  stream: fc.string({ unit: 'binary' }),
  payload: hostilePayload,
  rewind_id: fc.option(fc.string()),
});

describe('whatever the event', { timeout: 60_000 }, () => {
  it('gives a record that can be encoded, the same each time, storable', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const record = normalise(event, position);
        expect(normalise(structuredClone(event), position)).toEqual(record);
        const decoded = logRecordCodec.decode(Buffer.from(logRecordCodec.encode(record)));
        for (const text of [decoded.body, decoded.severity_text, ...Object.entries(decoded.attributes).flat()]) {
          expect(text).not.toContain('\0');
        }
        expect(record.body.isWellFormed()).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('gives the same record for the event as it comes back from Kafka', () => {
    const wellFormed = fc
      .constantFrom('aws', 'azure', 'gcp')
      .chain((provider) =>
        hostilePayload.map((payload) =>
          rawEvent({ provider: provider as RawEvent['provider'], payload: payload.toWellFormed() }),
        ),
      );
    fc.assert(
      fc.property(wellFormed, (event) => {
        const record = normalise(event, position);
        expect(logRecordCodec.decode(Buffer.from(logRecordCodec.encode(record)))).toEqual(record);
      }),
    );
  });
});
