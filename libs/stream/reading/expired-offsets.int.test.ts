import { randomBytes } from 'node:crypto';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { openTestKafka } from '@tailrace/role/open-test-kafka.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { Metrics } from '@tailrace/telemetry/metrics.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProcessor } from '../processing/processor.ts';
import type { Topology } from '../processing/topology.ts';
import { readPartition } from './read-partition.ts';

const topic = (name: string): TopicSpec<string> => ({
  name,
  kind: 'stream',
  partitions: 2,
  codec: { name: 'text', encode: (value) => Buffer.from(value), decode: (bytes) => bytes.toString() },
  config: {},
});
const [lines, followed] = [topic('lines'), topic('followed')];

const following: Topology<string> = {
  group: 'following',
  inputs: [lines],
  outputs: [followed],
  processor: () => ({ process: ({ key, value }, emit) => emit(followed, key ?? '', value) }),
};

describe.each(['platformatic', 'kafkajs'] as const)(
  'a group whose committed offsets the broker has forgotten, through %s',
  (client) => {
    let kafka: Kafka;
    beforeAll(async () => {
      kafka = await openTestKafka(`expired-${randomBytes(4).toString('hex')}.`, { client });
      await kafka.admin.createTopics([lines, followed, topics.dead, topics.positions]);
    });
    afterAll(async () => {
      await kafka?.admin.deleteTopics([lines.name, followed.name, topics.dead.name, topics.positions.name]);
      await kafka?.close();
    });

    async function write(values: readonly string[]): Promise<void> {
      const producer = await kafka.producer();
      await producer.send(
        values.map((value, n) => ({ topic: lines.name, partition: n % 2, key: null, value: Buffer.from(value) })),
      );
      await producer.close();
    }

    /** Values that were followed so far. */
    async function found(): Promise<string[]> {
      const values: string[] = [];
      for (const partition of [0, 1]) {
        for await (const records of readPartition(kafka, followed.name, partition, new AbortController().signal)) {
          values.push(...records.map(({ value }) => String(value)));
        }
      }
      return values.toSorted();
    }

    const run = () =>
      runProcessor(following, { kafka, logger: createLogger({ level: 'silent' }), metrics: new Metrics() });
    const patiently = { timeout: 120_000, interval: 200 };

    it('a group whose offsets have expired goes on where it was: no line is followed twice, and none is missed', {
      timeout: 300_000,
    }, async () => {
      const before = Array.from({ length: 300 }, (_, n) => `before ${n}`);
      const after = Array.from({ length: 100 }, (_, n) => `after ${n}`);
      const first = run();
      await write(before);
      await expect.poll(async () => (await found()).length, patiently).toBe(before.length);
      await first.stop();
      expect((await kafka.admin.committedOffsets('following', [lines.name])).length).toBe(2);
      // What offsets.retention.minutes does to a group without members.
      await kafka.admin.deleteGroup('following');
      expect(await kafka.admin.committedOffsets('following', [lines.name])).toEqual([]);
      await write(after);
      const second = run();
      await expect
        .poll(async () => (await found()).length, patiently)
        .toBeGreaterThanOrEqual(before.length + after.length);
      await second.stop();
      expect(await found()).toEqual([...before, ...after].toSorted());
    });
  },
);
