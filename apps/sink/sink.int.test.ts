import { Secret } from '@tailrace/config/secret.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { type MemoryBroker, memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { createTestDatabase, type TestDatabase } from '@tailrace/postgres/test-database.ts';
import { testRecord } from '@tailrace/postgres/test-records.ts';
import type { RunningRole } from '@tailrace/role/role.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { readPartition } from '@tailrace/stream/reading/read-partition.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { Metrics } from '@tailrace/telemetry/metrics.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commitOffset, takePartition } from './sink-offsets.ts';
import { start } from './start.ts';

let broker: MemoryBroker;
let kafka: Kafka;
let database: TestDatabase;
const running = new Set<RunningRole>();

beforeEach(async () => {
  database = await createTestDatabase();
  broker = memoryBroker();
  kafka = broker.connect();
  await kafka.admin.createTopics([topics.logs, topics.logsReplayed, topics.alerts, topics.dead]);
});
afterEach(async () => {
  await Promise.all([...running].map((role) => role.stop()));
  running.clear();
  await kafka.close();
  await database.drop();
});

async function startSink(): Promise<{ role: RunningRole; client: Kafka }> {
  const client = broker.connect();
  const role = await start(
    {
      databaseUrl: new Secret(database.url),
      logRetentionDays: 3650,
      alertRetentionDays: 3650,
      sinkCommitIntervalMs: 0,
      sinkBatchRecords: 500,
    },
    { kafka: client, logger: createLogger({ level: 'silent' }), metrics: new Metrics() },
  );
  running.add(role);
  return { role, client };
}

async function write(records: readonly LogRecord[], topic: TopicSpec<LogRecord> = topics.logs): Promise<void> {
  await writeBytes(
    records.map((record) => topic.codec.encode(record)),
    topic.name,
  );
}

async function writeBytes(values: readonly Buffer[], topic = topics.logs.name): Promise<void> {
  const producer = await kafka.producer();
  const headers = { project: 'shop', connection: 'conn_a' };
  await producer.send(
    values.map((value, index) => ({ topic, partition: index % topics.logs.partitions, key: null, value, headers })),
  );
  await producer.close();
}

function records(count: number, fields: Partial<LogRecord> = {}, first = 0): LogRecord[] {
  return Array.from({ length: count }, (_, index) => testRecord(first + index, fields));
}

interface Totals {
  readonly rows: number;
  readonly ids: number;
}

/** In one query: counting in two gives phantom differences. */
async function totals(): Promise<Totals> {
  const { rows } = await database.pool.query('select count(*)::int as rows, count(distinct id)::int as ids from logs');
  return rows[0];
}

async function written(count: number): Promise<void> {
  await expect.poll(totals, { timeout: 20_000 }).toEqual({ rows: count, ids: count });
}

async function deadLetters() {
  const found: { reason: string; topic: string; offset: number; group: string }[] = [];
  for (let partition = 0; partition < topics.dead.partitions; partition += 1) {
    for await (const batch of readPartition(kafka, topics.dead.name, partition, AbortSignal.timeout(20_000))) {
      for (const { value } of batch) {
        const { reason, topic, offset, group } = topics.dead.codec.decode(value!);
        found.push({ reason, topic, offset, group });
      }
    }
  }
  return found;
}

describe('the sink', () => {
  it('writes every record once, live ones and replayed ones', async () => {
    await write(records(700));
    await startSink();
    await write(records(50, { replay_id: 'rpl_1' }, 700), topics.logsReplayed);
    await written(750);
  });

  it('lets a higher normaliser version win, and changes nothing for an equal or a lower one', async () => {
    await startSink();
    await write([testRecord(1, { normaliser_version: 2, body: 'two' })]);
    await written(1);
    await write([
      testRecord(1, { normaliser_version: 1, body: 'one' }),
      testRecord(1, { normaliser_version: 2, body: 'again' }),
    ]);
    await write([testRecord(2)]);
    await written(2);
    const body = async () =>
      (await database.pool.query('select body from logs order by timestamp, id limit 1')).rows[0]?.body;
    expect(await body()).toBe('two');
    await write([testRecord(1, { normaliser_version: 3, body: 'three' })]);
    await expect.poll(body).toBe('three');
  });

  it('keeps text as it is, whatever is in it', async () => {
    const body = 'tab\there \\N \\. "quoted" {braces} \u0007 \ud83d\ude00 line\nbreak\r';
    await startSink();
    await write([testRecord(1, { body, attributes: { 'a\\"b': 'c\td', __proto__x: '{}' }, flags: ['a"b\\', 'c,d'] })]);
    await written(1);
    const { rows } = await database.pool.query('select body, attributes, flags from logs');
    expect(rows[0]).toEqual({ body, attributes: { 'a\\"b': 'c\td', __proto__x: '{}' }, flags: ['a"b\\', 'c,d'] });
  });

  it('buries what cannot be read and what PostgreSQL refuses, and writes the rest', async () => {
    await startSink();
    const refused = testRecord(3, { id: 'this is no uuid' });
    await writeBytes([
      topics.logs.codec.encode(testRecord(1)),
      Buffer.from('junk'),
      topics.logs.codec.encode(refused),
      topics.logs.codec.encode(testRecord(4)),
    ]);
    await written(2);
    await expect
      .poll(async () => (await deadLetters()).map(({ reason }) => reason).sort())
      .toEqual(['decode_failed', 'processing_failed']);
    expect((await deadLetters()).every(({ group, topic }) => group === 'sink' && topic === 'logs')).toBe(true);
  });

  it('replaces a dead process, and writes nothing twice', async () => {
    let { client, role } = await startSink();
    for (let round = 0; round < 6; round += 1) {
      await expect.poll(() => role.readiness()).toEqual({ ready: true });
      await write(records(300, {}, round * 300));
      // Its transactions are cut off wherever they are: the process is dead, and all its sessions with it.
      running.delete(role);
      broker.crashClient(client);
      await database.pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where application_name = 'tailrace-sink' and datname = current_database()`,
      );
      ({ client, role } = await startSink());
    }
    await written(1800);
  });

  it.each([
    ['the disk is full', '53100', 'could not extend file: No space left on device', 'no disk space'],
    [
      'a limit of PostgreSQL refuses its rows',
      '53400',
      'tuple decompression limit exceeded',
      'limit of its own: tuple',
    ],
  ])('pauses while %s, says so, and goes on where it was', async (_, code, message, reason) => {
    const { role } = await startSink();
    await write(records(10));
    await written(10);
    await database.pool.query(`
      create function refusing() returns trigger language plpgsql as
        $$ begin raise exception '${message}' using errcode = '${code}'; end $$;
      create trigger refusing before insert on logs for each statement execute function refusing()`);
    await write(records(10, {}, 10));
    await expect.poll(() => role.readiness()).toMatchObject({ ready: false, reason: expect.stringContaining(reason) });
    expect(await totals()).toEqual({ rows: 10, ids: 10 });
    await database.pool.query('drop trigger refusing on logs; drop function refusing()');
    await written(20);
    await expect.poll(() => role.readiness()).toEqual({ ready: true });
  });
});

it('the sink makes a day again that another process has dropped as too old', async () => {
  await startSink();
  await write(records(1));
  await written(1);
  const { rows } = await database.pool.query(
    // Chunks of TimescaleDB stand in a schema of their own, which the name then says.
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'logs'::regclass`,
  );
  for (const { name } of rows) await database.pool.query(`drop table ${name}`);
  await write(records(1, {}, 1));
  await written(1);
});

describe('an offset', () => {
  it('cannot be committed by an owner that was replaced', async () => {
    const partition = { topic: 'logs', partition: 0 };
    const client = await database.pool.connect();
    try {
      const first = await takePartition(client, partition, 'topic-1');
      expect(first.nextOffset).toBeUndefined();
      await commitOffset(client, partition, first.epoch, 5);
      const second = await takePartition(client, partition, 'topic-1');
      expect(second.nextOffset).toBe(5);
      await expect(commitOffset(client, partition, first.epoch, 9)).rejects.toThrow('another sink has taken logs[0]');
      await commitOffset(client, partition, second.epoch, 7);
    } finally {
      client.release();
    }
  });

  it('is void once the topic was deleted and made again', async () => {
    const client = await database.pool.connect();
    try {
      await takePartition(client, { topic: 'logs', partition: 0 }, 'topic-1');
      await expect(takePartition(client, { topic: 'logs', partition: 0 }, 'topic-2')).rejects.toThrow(
        'deleted and created again',
      );
    } finally {
      client.release();
    }
  });
});
