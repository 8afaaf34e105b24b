import type { OutgoingRecord } from '@tailrace/kafka/kafka.ts';
import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { testRecord } from '@tailrace/postgres/test-records.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { deadLetterRecord, deadReason } from '@tailrace/stream/processing/dead-letter.ts';
import { readPartition } from '@tailrace/stream/reading/read-partition.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { rawTopics, topics } from '@tailrace/topics/topics.ts';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi, tokenFor } from '../test-api.ts';

const never = new AbortController().signal;
const opened: TestApi[] = [];
afterEach(async () => {
  for (const api of opened.splice(0)) await api.close();
});

async function start(options: Parameters<typeof startTestApi>[0] = {}): Promise<TestApi> {
  const api = await startTestApi(options);
  opened.push(api);
  await api.kafka.admin.createTopics([topics.logs, ...Object.values(rawTopics)]);
  return api;
}

function rawEvent(index: number, fields: Partial<RawEvent> = {}): RawEvent {
  return {
    connection_id: 'conn_a',
    project_id: 'demo',
    provider: 'aws',
    event_id: `e${index}`,
    timestamp: Date.UTC(2026, 0, 1) * 1000 + index,
    timestamp_nanos: 0,
    observed_timestamp: Date.UTC(2026, 0, 1) * 1000,
    ingest_timestamp: Date.UTC(2026, 0, 1) * 1000,
    source: { region: 'eu-central-1' },
    stream: 's',
    payload: JSON.stringify({ message: `ERROR line ${index}` }),
    rewind_id: null,
    ...fields,
  };
}

async function send(api: TestApi, records: readonly OutgoingRecord[]): Promise<void> {
  const producer = await api.kafka.producer();
  await producer.send(records);
  await producer.close();
}

interface Where {
  readonly topic?: string;
  readonly partition?: number;
  readonly project?: string | null;
  readonly connection?: string;
  readonly group?: string;
  readonly error?: Error;
}

/** Writes a record and a letter that says it could not be read. @returns where the letter stands. */
async function die(api: TestApi, value: Buffer, where: Where = {}): Promise<{ partition: number; offset: number }> {
  const { topic = rawTopics.aws.name, partition = 0, project = 'demo', connection = 'conn_a' } = where;
  const headers = project === null ? undefined : { project, connection };
  await send(api, [{ topic, partition, key: Buffer.from(connection), value, ...(headers && { headers }) }]);
  const offset = (await api.kafka.admin.offsets(topic, 'last_stable'))[partition]! - 1;
  const error = where.error ?? new Error('the parser failed');
  const letter = deadLetterRecord({
    group: where.group ?? 'normaliser',
    partition: { topic, partition },
    record: {
      offset,
      timestamp: 0,
      key: null,
      value,
      headers: new Map(Object.entries(headers ?? {}).map(([key, text]) => [key, Buffer.from(text)])),
    },
    reason: deadReason(error),
    error,
    partitions: topics.dead.partitions,
  });
  await send(api, [letter]);
  const ends = await api.kafka.admin.offsets(topics.dead.name, 'last_stable');
  return { partition: letter.partition, offset: ends[letter.partition]! - 1 };
}

const dieRaw = (api: TestApi, index: number, where: Where = {}, fields: Partial<RawEvent> = {}) =>
  die(api, topics.rawAws.codec.encode(rawEvent(index, fields)), where);

async function all<Value>(api: TestApi, topic: TopicSpec<Value>): Promise<Value[]> {
  const found: Value[] = [];
  for (let partition = 0; partition < topic.partitions; partition++) {
    for await (const records of readPartition(api.kafka, topic.name, partition, never))
      for (const { value } of records) if (value) found.push(topic.codec.decode(value));
  }
  return found;
}
const replayed = async (api: TestApi): Promise<LogRecord[]> =>
  (await all(api, topics.logsReplayed)).sort((one, other) => one.timestamp - other.timestamp);
const list = async (api: TestApi, query = '') => (await api.call(`/dead-letters/demo${query}`)).body;
const replay = (api: TestApi, body: object) =>
  api.call('/dead-letters/replay', { method: 'POST', body: { project_id: 'demo', ...body } });

describe('listing', () => {
  it('shows the project its letters, newest first, and nobody those without a project', async () => {
    const api = await start();
    const first = await die(api, Buffer.from('\u0007 not \u202e avro \n'), { connection: 'conn_b' });
    await dieRaw(api, 1, { project: 'other' });
    await dieRaw(api, 2, { project: null });
    const last = await dieRaw(api, 3, { topic: rawTopics.gcp.name, partition: 4 });
    const { dead_letters: letters, next_cursor: cursor } = await list(api);
    expect(cursor).toBeNull();
    expect(letters).toMatchObject([
      {
        ...last,
        reason: 'processing_failed',
        detail: 'the parser failed',
        group: 'normaliser',
        connection_id: 'conn_a',
      },
      { ...first, connection_id: 'conn_b', is_cut: false, replayed_at: null, replay_id: null },
    ]);
    expect(letters[0].record).toEqual({ topic: 'logs.raw.gcp', partition: 4, offset: 0 });
    expect(letters[1].preview).toBe(String.raw`\u0007 not \u202e avro \u000a`);
    expect(letters[1].size).toBe(16);
  });

  it('filters by reason, connection and time', async () => {
    const api = await start();
    await dieRaw(api, 1, { connection: 'conn_b' });
    const nextMillisecond = () => new Promise((resolve) => setTimeout(resolve, 5));
    await nextMillisecond();
    const between = new Date().toISOString();
    await nextMillisecond();
    await dieRaw(api, 2);
    const count = async (query: string) => (await list(api, query)).dead_letters.length;
    expect(await count('?connection=conn_b')).toBe(1);
    expect(await count('?reason=processing_failed')).toBe(2);
    expect(await count('?reason=unknown_schema')).toBe(0);
    expect((await list(api, `?from=${between}`)).dead_letters).toMatchObject([{ connection_id: 'conn_a' }]);
    expect((await list(api, `?to=${between}`)).dead_letters).toMatchObject([{ connection_id: 'conn_b' }]);
  });

  it('pages through everything once, whatever the page size, while others are written and retention takes some', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ topic: fc.nat(5), isOurs: fc.boolean() }), { minLength: 1, maxLength: 250 }),
        fc.integer({ min: 1, max: 40 }),
        async (written, limit) => {
          const api = await start();
          const ours: string[] = [];
          const letters = written.map(({ topic, isOurs }, index) => {
            const letter = deadLetterRecord({
              group: 'normaliser',
              partition: { topic: 'logs.raw.aws', partition: topic },
              record: {
                offset: index,
                timestamp: 0,
                key: null,
                value: null,
                headers: new Map([
                  ['project', Buffer.from(isOurs ? 'demo' : 'other')],
                  ['connection', Buffer.from('conn_a')],
                ]),
              },
              reason: 'decode_failed',
              error: new Error('no'),
              partitions: topics.dead.partitions,
            });
            if (isOurs) ours.push(`${topic}/${index}`);
            return letter;
          });
          await send(api, letters);
          const seen: string[] = [];
          const times: string[] = [];
          let cursor: string | null = null;
          do {
            const page = await list(api, `?limit=${limit}${cursor === null ? '' : `&cursor=${cursor}`}`);
            for (const { record, failed_at: at } of page.dead_letters) {
              seen.push(`${record.partition}/${record.offset}`);
              times.push(at);
            }
            cursor = page.next_cursor;
            // What comes meanwhile is newer than the pages that follow.
            await send(api, [letters[0]!]);
          } while (cursor !== null);
          expect(seen.toSorted()).toEqual(ours.toSorted());
          expect(times).toEqual(times.toSorted().reverse());
          await api.close();
          opened.pop();
        },
      ),
      { numRuns: 15 },
    );
  }, 180_000);

  it('goes on behind what retention has taken, and looks only so far in one call', async () => {
    const api = await start();
    const foreign = deadLetterRecord({
      group: 'normaliser',
      partition: { topic: 'logs.raw.aws', partition: 0 },
      record: {
        offset: 0,
        timestamp: 0,
        key: null,
        value: null,
        headers: new Map([
          ['project', Buffer.from('other')],
          ['connection', Buffer.from('conn_x')],
        ]),
      },
      reason: 'decode_failed',
      error: new Error('no'),
      partitions: topics.dead.partitions,
    });
    const gone = await dieRaw(api, 1);
    const kept = await dieRaw(api, 2);
    for (let sent = 0; sent < 24; sent++) await send(api, new Array<OutgoingRecord>(1000).fill(foreign));
    api.broker.truncate(topics.dead.name, gone.partition, gone.offset + 1);
    const first = await list(api);
    expect(first.dead_letters).toEqual([]);
    expect(first.next_cursor).not.toBeNull();
    const second = await list(api, `?cursor=${first.next_cursor}`);
    expect(second.dead_letters).toMatchObject([kept]);
    expect(second.next_cursor).toBeNull();
  });
});

describe('replaying', () => {
  it('takes raw records through the normaliser of today, marks them, and does so once unless forced', async () => {
    const api = await start();
    const places = [await dieRaw(api, 1), await dieRaw(api, 2, { partition: 3 })];
    const { status, body } = await replay(api, { letters: places });
    expect(status).toBe(200);
    expect(body.counts).toMatchObject({ replayed: 2, already_replayed: 0, still_dead: 0 });
    expect(body.results).toEqual(
      places.map((place) => ({ ...place, outcome: 'replayed', reason: null, detail: null })),
    );
    const lines = await replayed(api);
    expect(lines).toMatchObject([
      { body: 'line 1', severity_number: 17, replay_id: body.replay_id, raw_partition: 0, raw_offset: 0 },
      { body: 'line 2', raw_partition: 3, raw_offset: 0, connection_id: 'conn_a' },
    ]);
    expect(body.replay_id).toMatch(/^dlr_[0-9a-f]{24}$/);
    for (const letter of (await list(api)).dead_letters)
      expect(letter).toMatchObject({ replay_id: body.replay_id, replayed_at: expect.stringMatching(/^20/) });
    expect((await replay(api, { letters: places })).body.counts).toMatchObject({ replayed: 0, already_replayed: 2 });
    expect(await replayed(api)).toHaveLength(2);
    expect((await replay(api, { letters: places, force: true })).body.counts).toMatchObject({ replayed: 2 });
    expect((await replayed(api)).map(({ id }) => id)).toHaveLength(4);
  });

  it('puts the sink’s records back as they are', async () => {
    const api = await start();
    const record = testRecord(1, { body: 'refused by PostgreSQL' });
    const place = await die(api, topics.logs.codec.encode(record), { topic: topics.logs.name, group: 'sink' });
    const { body } = await replay(api, { letters: [place] });
    expect(await replayed(api)).toEqual([{ ...record, replay_id: body.replay_id }]);
  });

  it('leaves what still cannot be read, and says why', async () => {
    const api = await start();
    const junk = await die(api, Buffer.from('not avro'));
    const foreign = await dieRaw(api, 2, {}, { project_id: 'other' });
    const unknown = await die(api, Buffer.from('x'), { topic: topics.connections.name });
    const { body } = await replay(api, { letters: [junk, foreign, unknown] });
    expect(body.results).toEqual([
      { ...junk, outcome: 'still_dead', reason: 'decode_failed', detail: expect.any(String) },
      {
        ...foreign,
        outcome: 'still_dead',
        reason: 'processing_failed',
        detail: expect.stringContaining('another project'),
      },
      {
        ...unknown,
        outcome: 'not_replayable',
        reason: 'unknown_topic',
        detail: expect.stringContaining('connections'),
      },
    ]);
    expect(await replayed(api)).toEqual([]);
    expect((await list(api)).dead_letters).toMatchObject([
      { replayed_at: null },
      { replayed_at: null },
      { replayed_at: null },
    ]);
  });

  it('takes a record that retention has removed from its letter, if that holds all of it', async () => {
    const api = await start();
    const small = await dieRaw(api, 1);
    const large = await dieRaw(api, 2, {}, { payload: JSON.stringify({ message: 'x'.repeat(600_000) }) });
    const whole = await dieRaw(api, 3, { partition: 1 }, { payload: JSON.stringify({ message: 'y'.repeat(600_000) }) });
    api.broker.truncate(rawTopics.aws.name, 0, 2);
    const { body } = await replay(api, { letters: [small, large, whole] });
    expect(body.results).toMatchObject([
      { ...small, outcome: 'replayed' },
      { ...large, outcome: 'gone', reason: 'retention', detail: expect.stringContaining('Retention') },
      { ...whole, outcome: 'replayed' },
    ]);
    expect((await replayed(api)).map((line) => line.attributes['log.record.uid'])).toEqual(['e1', 'e3']);
  });

  it('does not know other projects’ letters, nor places where there is none', async () => {
    const api = await start();
    const foreign = await dieRaw(api, 1, { project: 'other' });
    const nobodys = await dieRaw(api, 2, { project: null });
    const { body } = await replay(api, {
      letters: [foreign, nobodys, { partition: 99, offset: 0 }, { partition: 0, offset: 12345 }],
    });
    expect(body.counts).toMatchObject({ not_found: 4, replayed: 0 });
    expect(await replayed(api)).toEqual([]);
    const answer = await api.call('/dead-letters/replay', {
      method: 'POST',
      body: { project_id: 'demo', letters: [foreign] },
      token: await tokenFor('viewer'),
    });
    expect(answer.status).toBe(403);
  });

  it('puts back all that match, over many calls', async () => {
    const api = await start();
    for (let index = 0; index < 5; index++) await dieRaw(api, index, { partition: index });
    await dieRaw(api, 7, { connection: 'conn_b' });
    const junk = await die(api, Buffer.from('junk'));
    const { body } = await replay(api, { all: true, connection: 'conn_a' });
    expect(body.counts).toMatchObject({ replayed: 5, still_dead: 1 });
    expect(body.next_cursor).toBeNull();
    const again = await replay(api, { all: true, connection: 'conn_a' });
    expect(again.body.results).toMatchObject([{ ...junk, outcome: 'still_dead' }]);
    expect((await replay(api, { all: true, reason: 'decode_failed' })).body.results).toEqual([]);
  });

  it.each([
    ['neither letters nor all', {}, 'body.letters'],
    ['both', { all: true, letters: [{ partition: 0, offset: 0 }] }, 'body.letters'],
    ['a filter with letters', { reason: 'decode_failed', letters: [{ partition: 0, offset: 0 }] }, 'body.reason'],
    ['no letters', { letters: [] }, 'body.letters'],
    ['a cursor of somebody else', { all: true, cursor: 'e30' }, 'body.cursor'],
  ])('refuses %s', async (_, body, field) => {
    const { status, body: problem } = await replay(await start(), body);
    expect([status, problem.errors[0].field]).toEqual([422, field]);
  });

  it('puts a letter back once when two processes are asked at the same time', async () => {
    const broker = memoryBroker();
    const [one, two] = [await start({ broker }), await start({ broker })];
    const places: { partition: number; offset: number }[] = [];
    for (let index = 0; index < 10; index++) places.push(await dieRaw(one, index));
    const answers = await Promise.all([one, two, one, two].map((api) => replay(api, { letters: places })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const sum = (outcome: string) => answers.reduce((total, { body }) => total + body.counts[outcome], 0);
    expect([sum('replayed'), sum('already_replayed')]).toEqual([10, 30]);
    expect(await replayed(one)).toHaveLength(10);
  });

  it.each([
    ['send', 'before'],
    ['send', 'after'],
    ['commit', 'before'],
    ['commit', 'after'],
    ['initProducerId', 'after'],
  ] as const)('is not doubled when the answer to %s was lost %s it took effect', async (operation, when) => {
    const api = await start();
    const place = await dieRaw(api, 1);
    const { struck } = api.broker.failNext({ operation, when }, api.kafka);
    const { body, status } = await replay(api, { letters: [place] });
    await struck;
    expect([status, body.detail]).toEqual([200, undefined]);
    expect(body.counts).toMatchObject({ replayed: 1 });
    expect(await replayed(api)).toHaveLength(1);
    expect(await all(api, topics.deadLetterReplays)).toHaveLength(1);
  });

  it('has marked what it put back, and nothing else, when its process is killed', async () => {
    for (const [operation, when] of [
      ['commit', 'before'],
      ['commit', 'after'],
    ] as const) {
      const broker = memoryBroker();
      const [doomed, next] = [await startTestApi({ broker }), await start({ broker })];
      const place = await dieRaw(next, 1);
      const { struck } = broker.failNext({ operation, when, crash: true }, doomed.kafka);
      const asked = replay(doomed, { letters: [place] }).catch(() => undefined);
      await struck;
      const committed = when === 'after' ? 1 : 0;
      const { body } = await replay(next, { letters: [place] });
      expect(body.counts).toMatchObject({ already_replayed: committed, replayed: 1 - committed });
      expect(await replayed(next)).toHaveLength(1);
      void asked;
    }
  });
});
