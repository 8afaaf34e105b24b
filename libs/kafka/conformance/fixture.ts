import { randomUUID } from 'node:crypto';
import type { Codec } from '@tailrace/avro/codec.ts';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { FetchedBatch, FetchedRecord, Kafka, Reader } from '../kafka.ts';
import type { ConnectOptions, KafkaSystem } from './system.ts';

const bytes: Codec<Buffer> = { name: 'bytes', encode: (value) => value, decode: (value) => value };

export interface Fixture {
  readonly system: KafkaSystem;
  /** A new client, closed after the test. */
  client(options?: ConnectOptions): Promise<Kafka>;
  /** Makes a topic of its own for the test. */
  topic(kafka: Kafka, partitions?: number, config?: Readonly<Record<string, string>>): Promise<string>;
}

/** One system for the tests of a `describe` block; clients end with the test that made them. */
export function fixture(setup: () => Promise<KafkaSystem>): Fixture {
  let system: KafkaSystem | undefined;
  const clients: Kafka[] = [];
  const current = () => {
    if (!system) throw new Error('the system under test is not up');
    return system;
  };
  beforeAll(async () => {
    system = await setup();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((kafka) => kafka.close()));
  });
  afterAll(async () => {
    await system?.close();
  });
  return {
    get system() {
      return current();
    },
    client: async (options) => {
      const kafka = await current().connect(options);
      clients.push(kafka);
      return kafka;
    },
    topic: async (kafka, partitions = 1, config = {}) => {
      const name = `t-${randomUUID()}`;
      await createTopic(kafka, name, partitions, config);
      return name;
    },
  };
}

export async function createTopic(
  kafka: Kafka,
  name: string,
  partitions = 1,
  config: Readonly<Record<string, string>> = {},
): Promise<void> {
  await kafka.admin.createTopics([{ name, kind: 'stream', partitions, config, codec: bytes }]);
}

/** Everything committed in a topic, partition by partition, each from its earliest offset to its present end. */
export async function readAll(kafka: Kafka, topic: string): Promise<FetchedRecord[][]> {
  const [earliest, latest] = await Promise.all([
    kafka.admin.offsets(topic, 'earliest'),
    kafka.admin.offsets(topic, 'last_stable'),
  ]);
  const found: FetchedRecord[][] = latest.map(() => []);
  const open = new Set([...latest.keys()].filter((partition) => (earliest[partition] ?? 0) < (latest[partition] ?? 0)));
  if (open.size === 0) return found;
  const reader = await kafka.reader({
    positions: [...open].map((partition) => ({ topic, partition, offset: earliest[partition] ?? 0 })),
  });
  try {
    while (open.size > 0) {
      for (const batch of await reader.poll()) {
        const end = latest[batch.partition] ?? 0;
        found[batch.partition]?.push(...batch.records.filter(({ offset }) => offset < end));
        if (batch.nextOffset >= end) open.delete(batch.partition);
      }
    }
    return found;
  } finally {
    await reader.close();
  }
}

/** The values of a topic's committed records as text, partitions after one another. */
export async function valuesOf(kafka: Kafka, topic: string): Promise<string[]> {
  const partitions = await readAll(kafka, topic);
  return partitions.flat().map(({ value }) => String(value));
}

/**
 * Waits until exactly these values, in this order, can be read: the markers of a transaction are written a moment after
 * its commit was answered.
 */
export async function expectValues(kafka: Kafka, topic: string, expected: readonly string[]): Promise<void> {
  await expect.poll(() => valuesOf(kafka, topic), { timeout: 60_000, interval: 20 }).toEqual(expected);
}

/** The same for each partition's number of records. */
export async function expectCounts(kafka: Kafka, topic: string, expected: readonly number[]): Promise<void> {
  const counts = async () => (await readAll(kafka, topic)).map(({ length }) => length);
  await expect.poll(counts, { timeout: 60_000, interval: 20 }).toEqual(expected);
}

/** Polls until the predicate holds for everything this call got; fails after the time-out. */
export async function pollUntil(
  reader: Reader,
  enough: (batches: readonly FetchedBatch[]) => boolean,
  timeoutMs = 20_000,
): Promise<FetchedBatch[]> {
  const batches: FetchedBatch[] = [];
  const deadline = performance.now() + timeoutMs;
  while (!enough(batches)) {
    if (performance.now() > deadline) {
      const got = batches.map(({ partition, nextOffset, records }) => `${partition}:${records.length}->${nextOffset}`);
      throw new Error(`polled for ${timeoutMs} ms and got only ${got.join(' ') || 'nothing'}`);
    }
    batches.push(...(await reader.poll()));
  }
  return batches;
}

export function recordsOf(batches: readonly FetchedBatch[]): FetchedRecord[] {
  return batches.flatMap(({ records }) => records);
}
