import { Secret } from '@tailrace/config/secret.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { type MemoryBroker, memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { testAlert } from '@tailrace/postgres/alerts/test-alerts.ts';
import { createTestDatabase, type TestDatabase } from '@tailrace/postgres/test-database.ts';
import type { RunningRole } from '@tailrace/role/role.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { Metrics } from '@tailrace/telemetry/metrics.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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

async function startSink(alertRetentionDays = 3650): Promise<{ role: RunningRole; client: Kafka }> {
  const client = broker.connect();
  const role = await start(
    {
      databaseUrl: new Secret(database.url),
      logRetentionDays: 3650,
      alertRetentionDays,
      sinkCommitIntervalMs: 0,
      sinkBatchRecords: 100,
    },
    { kafka: client, logger: createLogger({ level: 'silent' }), metrics: new Metrics() },
  );
  running.add(role);
  return { role, client };
}

async function write(events: readonly Alert[]): Promise<void> {
  const producer = await kafka.producer();
  await producer.send(
    events.map((event) => ({
      topic: topics.alerts.name,
      partition: partitionFor(event.rule_id, topics.alerts.partitions),
      key: Buffer.from(event.rule_id),
      value: topics.alerts.codec.encode(event),
    })),
  );
  await producer.close();
}

async function stored(): Promise<object[]> {
  const { rows } = await database.pool.query(
    `select id, status, sequence::int, snapshot->>'suppressed' as suppressed, read_by from alerts order by id`,
  );
  return rows;
}

const { id } = testAlert(1);

describe('the sink, of alerts', () => {
  it('keeps the newest state of each, whatever comes twice or late', async () => {
    await startSink();
    const fired = testAlert(1);
    const updated = testAlert(1, { event: 'updated', sequence: 2, suppressed: 3 });
    const resolved = testAlert(1, { event: 'resolved', sequence: 3, suppressed: 3, status: 'resolved' });
    await write([fired, updated]);
    await expect.poll(stored).toEqual([{ id, status: 'open', sequence: 2, suppressed: '3', read_by: null }]);
    await write([resolved, updated, fired, testAlert(2)]);
    await expect.poll(stored).toMatchObject([{ id, status: 'resolved', sequence: 3 }, { id: testAlert(2).id }]);
  });

  it('notes who read one first, and nothing else of that event', async () => {
    await startSink();
    await write([
      testAlert(1, { sequence: 5, status: 'resolved' }),
      testAlert(1, { event: 'read', sequence: 4, read_by: 'ann' }),
      testAlert(1, { event: 'read', sequence: 4, read_by: 'bob' }),
      testAlert(9, { event: 'read', read_by: 'ann' }),
    ]);
    await expect.poll(stored).toEqual([{ id, status: 'resolved', sequence: 5, suppressed: '0', read_by: 'ann' }]);
    await write([testAlert(1, { event: 'read', sequence: 9, read_by: 'cleo' }), testAlert(2)]);
    await expect.poll(stored).toMatchObject([{ id, sequence: 5, read_by: 'ann' }, {}]);
  });

  it('holds text that jsonb refuses', async () => {
    await startSink();
    await write([testAlert(1, { group: 'a\0b', rule_name: 'x\ud800' })]);
    await expect.poll(stored).toHaveLength(1);
    const { rows } = await database.pool.query(`select snapshot->>'group' as "group" from alerts`);
    expect(rows[0]).toEqual({ group: 'a\ufffdb' });
  });

  it('goes on behind a dead process, and writes nothing twice', async () => {
    let { role, client } = await startSink();
    for (let round = 0; round < 4; round += 1) {
      await expect.poll(() => role.readiness()).toEqual({ ready: true });
      await write(Array.from({ length: 150 }, (_, index) => testAlert(round * 150 + index)));
      running.delete(role);
      broker.crashClient(client);
      await database.pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where application_name = 'tailrace-sink' and datname = current_database()`,
      );
      ({ role, client } = await startSink());
    }
    await expect.poll(async () => (await stored()).length, { timeout: 20_000 }).toBe(600);
  });

  it('forgets those past their retention', async () => {
    const { role } = await startSink();
    await write([testAlert(1), testAlert(2, { started_at: (Date.now() - 60_000) * 1000 })]);
    await expect.poll(stored).toHaveLength(2);
    await role.stop();
    running.delete(role);
    await startSink(30);
    await expect.poll(stored, { timeout: 60_000 }).toMatchObject([{ id: testAlert(2).id }]);
  });
});
