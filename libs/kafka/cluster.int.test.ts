import { randomUUID } from 'node:crypto';
import { remedyOf } from '@tailrace/errors/tailrace-error.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startLocalKafka } from '../../scripts/dev-stack/kafka/local-kafka.ts';
import { createTopic, expectCounts, pollUntil, readAll, recordsOf } from './conformance/fixture.ts';
import { type KafkaCluster, startKafkaCluster } from './conformance/kafka-cluster.ts';
import { observeMember } from './conformance/member.ts';
import { record } from './conformance/system.ts';
import { FencedError } from './errors.ts';
import type { Kafka } from './kafka.ts';
import { openKafka } from './open-kafka.ts';

const partitions = 6;
const perPartition = 80;

/**
 * Leaders and coordinators that move while clients work. The brokers are run by Java even where a container engine is.
 */
describe('a cluster whose brokers die one after the other', () => {
  let cluster: KafkaCluster;
  beforeAll(async () => {
    cluster = await startKafkaCluster(async (options) => {
      const kafka = await startLocalKafka(options);
      if ('unavailable' in kafka) throw new Error(`this test needs Java: ${kafka.unavailable}`);
      return kafka;
    });
  });
  afterAll(() => cluster?.stop());

  async function dieInTurn(reached: (share: number) => Promise<void>): Promise<void> {
    let share = 0.2;
    for (const broker of cluster.mortal.values()) {
      await reached(share);
      await broker.kill9();
      share += 0.25;
      await reached(share);
      await broker.restart();
      share += 0.1;
    }
  }

  for (const client of ['platformatic', 'kafkajs'] as const) {
    const open = (topicPrefix: string): Promise<Kafka> =>
      openKafka({
        brokers: cluster.brokers,
        client,
        topicPrefix,
        logger: createLogger({ level: 'error' }),
        // One that has answered may still lag behind its leader: until it is in sync, two are too few.
        retryTimeoutMs: 90_000,
      });

    describe(`used through ${client}`, () => {
      test('transactions stay whole and single while leaders and coordinators move', async () => {
        const kafka = await open(`${randomUUID()}.`);
        for (const topic of ['input', 'output']) await createTopic(kafka, topic, partitions);
        const member = await observeMember(kafka, { groupId: 'g', topics: ['input'] });
        await member.until('owns everything', () => member.owned.size === partitions, 60_000);
        const done = new Array<number>(partitions).fill(0);
        const working = Promise.all(done.map((_, partition) => countTo(perPartition, partition)));
        const total = partitions * perPartition;
        await orFailure(
          working,
          dieInTurn((share) => until(() => done.reduce((sum, n) => sum + n, 0) >= share * total)),
        );
        await working;
        // The markers of the last commits are written after their answers.
        await expectCounts(kafka, 'output', new Array<number>(partitions).fill(perPartition));
        const found = await readAll(kafka, 'output');
        const expected = Array.from({ length: perPartition }, (_, n) => `${n}`);
        for (const records of found) expect(records.map(({ value }) => String(value))).toEqual(expected);
        await kafka.close();

        /** Counts in transactions as a task of `libs/stream` does: fence, committed offset, work, and again after errors. */
        async function countTo(limit: number, partition: number): Promise<void> {
          while ((done[partition] ?? 0) < limit) {
            try {
              await countOn(limit, partition);
            } catch (error) {
              if (remedyOf(error) === 'give-up' && !(error instanceof FencedError)) throw error;
              await until(() => member.owned.has(`input/${partition}`));
            }
          }
        }

        async function countOn(limit: number, partition: number): Promise<void> {
          const producer = await kafka.transactionalProducer(`x-${partition}`);
          try {
            const committed = await kafka.admin.committedOffsets('g', ['input']);
            let next = committed.find((position) => position.partition === partition)?.offset ?? 0;
            for (; next < limit; next++) {
              done[partition] = next;
              const transaction = producer.begin();
              const others = { ...record('output', partition, `${next}`) };
              await transaction.send([others]);
              const position = { topic: 'input', partition, offset: next + 1 };
              await transaction.commitOffsets(member.membership.metadata(), [position]);
              await transaction.commit();
            }
            done[partition] = limit;
          } finally {
            await producer.close();
          }
        }
      });

      test('a producer and a reader neither lose nor double a record', async () => {
        const kafka = await open(`${randomUUID()}.`);
        await createTopic(kafka, 't', partitions);
        const producer = await kafka.producer();
        const count = 1000;
        let sent = 0;
        const sending = (async () => {
          for (let n = 0; n < count; n++) {
            await producer.send([record('t', n % partitions, `${n}`)]);
            sent = n + 1;
          }
        })();
        const positions = Array.from({ length: partitions }, (_, partition) => ({ topic: 't', partition, offset: 0 }));
        const reader = await kafka.reader({ positions });
        const reading = pollUntil(reader, (got) => recordsOf(got).length >= count, 300_000);
        const both = Promise.all([reading, sending]);
        await orFailure(
          both,
          dieInTurn((share) => until(() => sent >= share * count)),
        );
        const [batches] = await both;
        for (const { partition } of positions) {
          const own = recordsOf(batches.filter((batch) => batch.partition === partition));
          const expected = Array.from({ length: count }, (_, n) => n).filter((n) => n % partitions === partition);
          expect(own.map(({ value }) => Number(value))).toEqual(expected);
        }
        await kafka.close();
      });
    });
  }
}, 400_000);

/** What is done, or the failure of what goes on beside it. */
async function orFailure(beside: Promise<unknown>, done: Promise<void>): Promise<void> {
  await Promise.race([done, beside.then(() => done)]);
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}
