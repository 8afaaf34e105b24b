import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@tailrace/config/secret.ts';
import { TopicRecreatedError } from '@tailrace/kafka/errors.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { testAlert } from '@tailrace/postgres/alerts/test-alerts.ts';
import { createTestDatabase, type TestDatabase } from '@tailrace/postgres/test-database.ts';
import { testRecord } from '@tailrace/postgres/test-records.ts';
import { deleteTestTopics } from '@tailrace/role/delete-test-topics.ts';
import { openTestKafka } from '@tailrace/role/open-test-kafka.ts';
import type { RunningRole } from '@tailrace/role/role.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { Metrics } from '@tailrace/telemetry/metrics.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RoleProcess } from '../../scripts/chaos/role-process.ts';
import { start } from './start.ts';

const inputs = [topics.logs, topics.logsReplayed, topics.alerts, topics.dead];
let database: TestDatabase;
const ends: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  try {
    for (const end of ends.splice(0).reverse()) await end();
  } finally {
    await database.drop();
  }
});

/** Writes records first, first + 1, … to `logs`, over all its partitions. */
async function write(kafka: Kafka, first: number, count: number): Promise<void> {
  const producer = await kafka.producer();
  await producer.send(
    Array.from({ length: count }, (_, index) => ({
      topic: topics.logs.name,
      partition: index % topics.logs.partitions,
      key: Buffer.from('conn_a'),
      value: topics.logs.codec.encode(testRecord(first + index)),
    })),
  );
  await producer.close();
}

/** Writes alerts first, first + 1, … to `alerts`, over all its partitions. */
async function writeAlerts(kafka: Kafka, first: number, count: number): Promise<void> {
  const producer = await kafka.producer();
  await producer.send(
    Array.from({ length: count }, (_, index) => ({
      topic: topics.alerts.name,
      partition: index % topics.alerts.partitions,
      key: Buffer.from('rule_1'),
      value: topics.alerts.codec.encode(testAlert(first + index)),
    })),
  );
  await producer.close();
}

async function storedAlerts(): Promise<number> {
  const { rows } = await database.pool.query('select count(*)::int as count from alerts');
  return rows[0].count;
}

/** In one query: counting in two gives phantom differences. */
async function totals(): Promise<{ readonly rows: number; readonly ids: number }> {
  const { rows } = await database.pool.query('select count(*)::int as rows, count(distinct id)::int as ids from logs');
  return rows[0];
}

async function stored(count: number): Promise<void> {
  await expect.poll(totals, { timeout: 30_000 }).toEqual({ rows: count, ids: count });
}

describe('a sink process killed with -9', () => {
  it('after its rows and before the commit leaves nothing, and the next one writes every row once', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sink-'));
    ends.push(async () => rmSync(directory, { recursive: true }));
    const brokers = process.env.TEST_KAFKA_BROKERS ?? '';
    const topicPrefix = `${randomUUID().slice(0, 8)}.`;
    const kafka = await openTestKafka(topicPrefix);
    ends.push(() => kafka.close());
    await kafka.admin.createTopics(Object.values(topics));
    ends.push(() => deleteTestTopics(topicPrefix));
    const env = {
      KAFKA_BROKERS: brokers,
      TOPIC_PREFIX: topicPrefix,
      DATABASE_URL: database.url,
      LOG_RETENTION_DAYS: '3650',
      ALERT_RETENTION_DAYS: '3650',
    };
    const startProcess = async (name: string) => {
      const process = await RoleProcess.create('sink', name, env, directory);
      process.start();
      ends.push(() => process.stop());
      await process.ready();
      return process;
    };
    const first = await startProcess('first');
    await write(kafka, 0, 60);
    await writeAlerts(kafka, 0, 12);
    await stored(60);
    await expect.poll(storedAlerts, { timeout: 20_000 }).toBe(12);

    // The rows are copied and merged, and the transaction waits for the lock with its last statement, the offset.
    const lock = await database.pool.connect();
    await lock.query('begin; lock table sink_offsets in share mode');
    await write(kafka, 60, 300);
    await writeAlerts(kafka, 12, 60);
    const waiting = async () => {
      const { rows } = await database.pool.query(
        `select count(*)::int as count from pg_stat_activity where datname = current_database()
         and application_name = 'tailrace-sink' and wait_event_type = 'Lock' and query like 'update sink_offsets%'`,
      );
      return rows[0].count;
    };
    await expect.poll(waiting, { timeout: 20_000 }).toBe(topics.logs.partitions + topics.alerts.partitions);
    await first.kill9();
    expect(await totals()).toEqual({ rows: 60, ids: 60 });
    expect(await storedAlerts()).toBe(12);
    await lock.query('rollback');
    lock.release();
    await startProcess('second');
    await stored(360);
    await expect.poll(storedAlerts, { timeout: 20_000 }).toBe(72);
    await write(kafka, 360, 6);
    await stored(366);
  });
});

describe('the topic that the sink reads', () => {
  async function startSink(kafka: Kafka): Promise<{ role: RunningRole; metrics: Metrics }> {
    const metrics = new Metrics();
    const role = await start(
      {
        databaseUrl: new Secret(database.url),
        logRetentionDays: 3650,
        alertRetentionDays: 3650,
        sinkCommitIntervalMs: 0,
        sinkBatchRecords: 500,
      },
      { kafka, logger: createLogger({ level: 'silent' }), metrics },
    );
    ends.push(() => role.stop());
    return { role, metrics };
  }

  it('when retention has removed what was not written yet: the gap is counted, and the rest is written', async () => {
    const broker = memoryBroker();
    const kafka = broker.connect();
    ends.push(() => kafka.close());
    await kafka.admin.createTopics(inputs);
    const { role } = await startSink(kafka);
    await write(kafka, 0, 6);
    await stored(6);
    await role.stop();
    await write(kafka, 6, 18);
    broker.truncate(topics.logs.name, 0, 3);
    broker.truncate(topics.logs.name, 1, 2);
    const { metrics } = await startSink(broker.connect());
    await stored(6 + 18 - 2 - 1);
    expect(await metrics.expose()).toContain('tailrace_lost_to_retention_records_total{group="sink",topic="logs"} 3');
  });

  it.each([
    ['while it runs', false],
    ['while it was stopped', true],
  ])('when it was deleted and made again %s: the sink ends loudly, and keeps what it has', async (_, stopped) => {
    const broker = memoryBroker();
    const kafka = broker.connect();
    ends.push(() => kafka.close());
    await kafka.admin.createTopics(inputs);
    let { role } = await startSink(broker.connect());
    await write(kafka, 0, 12);
    await stored(12);
    if (stopped) await role.stop();
    await kafka.admin.deleteTopics([topics.logs.name]);
    await kafka.admin.createTopics(inputs);
    await write(kafka, 12, 12);
    if (stopped) ({ role } = await startSink(broker.connect()));
    await expect(role.failed).rejects.toThrow(TopicRecreatedError);
    expect(await totals()).toEqual({ rows: 12, ids: 12 });
  });
});
