import { randomBytes } from 'node:crypto';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { createTestDatabase, type TestDatabase } from '@tailrace/postgres/test-database.ts';
import { testRecord } from '@tailrace/postgres/test-records.ts';
import { deleteTestTopics } from '@tailrace/role/delete-test-topics.ts';
import { openTestKafka } from '@tailrace/role/open-test-kafka.ts';
import { role } from '@tailrace/role/role-definition.ts';
import { type RunningProcess, startRoles } from '@tailrace/role/start-roles.ts';
import { deadLetterRecord } from '@tailrace/stream/processing/dead-letter.ts';
import { readPartition } from '@tailrace/stream/reading/read-partition.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { settings } from '../config.ts';
import { start } from '../start.ts';
import { jwtSecret, tokenFor } from '../test-api.ts';

const topicPrefix = `letters-${randomBytes(4).toString('hex')}.`;
const body = z.looseObject({
  dead_letters: z
    .array(z.looseObject({ partition: z.number(), offset: z.number(), record: z.looseObject({}) }))
    .default([]),
  next_cursor: z.string().nullable().default(null),
  counts: z.record(z.string(), z.number()).default({}),
});
let kafka: Kafka;
let database: TestDatabase;
const running: RunningProcess[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  kafka = await openTestKafka(topicPrefix);
  await kafka.admin.createTopics(Object.values(topics));
});
afterEach(async () => {
  for (const each of running.splice(0)) await each.stop();
});
afterAll(async () => {
  await kafka?.close();
  await deleteTestTopics(topicPrefix);
  await database?.drop();
});

async function open() {
  const api = await startRoles([role('api', settings, start)], {
    env: {
      PORT: '0',
      HOST: '127.0.0.1',
      KAFKA_BROKERS: process.env.TEST_KAFKA_BROKERS,
      TOPIC_PREFIX: topicPrefix,
      DATABASE_URL: database.url,
      JWT_SECRET: jwtSecret.reveal(),
      SHUTDOWN_TIMEOUT_MS: '60000',
      CREDENTIAL_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
    },
    logger: createLogger({ level: 'silent' }),
  });
  running.push(api);
  await api.started;
  await expect.poll(() => api.notReady(), { timeout: 20_000 }).toEqual([]);
  const token = await tokenFor('admin');
  return async (path: string, json?: object) => {
    const response = await fetch(`http://127.0.0.1:${api.port}/api/v1/live-logs${path}`, {
      method: json ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${token}`, ...(json && { 'content-type': 'application/json' }) },
      ...(json && { body: JSON.stringify(json) }),
    });
    expect(response.status).toBe(200);
    return body.parse(await response.json());
  };
}

/** Records of the sink in transactions, so that control records lie among them, and letters about them. */
async function dieTogether(count: number): Promise<void> {
  const { name: topic, codec, partitions } = topics.logs;
  const headers = { project: 'demo', connection: 'conn_a' };
  const positions: { partition: number; offset: number; value: Buffer }[] = [];
  const producer = await kafka.transactionalProducer('letters-test');
  for (let sent = 0; sent < count; sent += 10) {
    const ends = await kafka.admin.offsets(topic, 'last_stable');
    const transaction = producer.begin();
    const records = Array.from({ length: 10 }, (_, index) => {
      const partition = index % partitions;
      const value = codec.encode(testRecord(sent + index));
      positions.push({ partition, offset: ends[partition]! + Math.floor(index / partitions), value });
      return { topic, partition, key: null, value, headers };
    });
    await transaction.send(records);
    await transaction.commit();
    // The marker of the commit takes an offset too, and is written after the answer.
    const written = async () => {
      const found = await kafka.admin.offsets(topic, 'last_stable');
      const count = (partition: number) => records.filter((each) => each.partition === partition).length;
      return found.every((end, partition) => end > ends[partition]! + count(partition));
    };
    await expect.poll(written).toBe(true);
  }
  await producer.close();
  const letters = positions.map(({ partition, offset, value }) =>
    deadLetterRecord({
      group: 'sink',
      partition: { topic, partition },
      record: {
        offset,
        timestamp: 0,
        key: null,
        value,
        headers: new Map(Object.entries(headers).map(([key, text]) => [key, Buffer.from(text)])),
      },
      reason: 'processing_failed',
      error: new Error('refused'),
      partitions: topics.dead.partitions,
    }),
  );
  const plain = await kafka.producer();
  await plain.send(letters);
  await plain.close();
}

async function replayed(): Promise<string[]> {
  const ids: string[] = [];
  const { name, partitions, codec } = topics.logsReplayed;
  for (let partition = 0; partition < partitions; partition++) {
    for await (const records of readPartition(kafka, name, partition, new AbortController().signal))
      for (const { value } of records) if (value) ids.push(codec.decode(value).id);
  }
  return ids.sort();
}

describe('dead letters on a real Kafka', () => {
  it('are paged, put back once by two processes that are asked together, and known as such after a restart', async () => {
    const [one, two] = [await open(), await open()];
    await dieTogether(40);
    const places: { partition: number; offset: number }[] = [];
    let cursor: string | null = null;
    do {
      const page = await one(`/dead-letters/demo?limit=7${cursor === null ? '' : `&cursor=${cursor}`}`);
      for (const { partition, offset } of page.dead_letters) places.push({ partition, offset });
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(new Set(places.map(({ partition, offset }) => `${partition}/${offset}`)).size).toBe(40);
    expect(places).toHaveLength(40);
    const request = { project_id: 'demo', letters: places };
    const answers = await Promise.all([one, two, one].map((call) => call('/dead-letters/replay', request)));
    const sum = (outcome: string) => answers.reduce((total, { counts }) => total + (counts[outcome] ?? 0), 0);
    expect([sum('replayed'), sum('already_replayed')]).toEqual([40, 80]);
    const wanted = Array.from({ length: 40 }, (_, index) => testRecord(index).id).sort();
    expect(await replayed()).toEqual(wanted);
    for (const each of running.splice(0)) await each.stop();
    const next = await open();
    const again = await next('/dead-letters/replay', { project_id: 'demo', all: true });
    expect(again.counts).toMatchObject({ replayed: 0 });
    expect(await replayed()).toEqual(wanted);
  });
});
