import { randomUUID } from 'node:crypto';
import { remedyOf } from '@tailrace/errors/tailrace-error.ts';
import { describe, expect, test } from 'vitest';
import type { Kafka } from '../kafka.ts';
import { expectValues, type Fixture, valuesOf } from './fixture.ts';
import { joinAlone } from './member.ts';
import { apiKeys, type KafkaFeatures, type NetworkFaults, record } from './system.ts';

/** After any failure: nothing of it is visible, this producer is done for, the next one with the same id works. */
export function describeTransactionFailures(kafka: Fixture, features: KafkaFeatures): void {
  const id = () => `x-${randomUUID()}`;
  const rejection = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => undefined,
      (error: unknown) => error,
    );

  /** The way back that the seam prescribes. */
  async function recovers(client: Kafka, topic: string, transactionalId: string, values: string[]): Promise<void> {
    for (const value of values) {
      const producer = await client.transactionalProducer(transactionalId);
      const transaction = producer.begin();
      await transaction.send([record(topic, 0, value)]);
      await transaction.commit();
      await producer.close();
    }
  }

  describe('failed transactions', () => {
    test('reject everything after a send to a topic that does not exist', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client);
      const transactionalId = id();
      const producer = await client.transactionalProducer(transactionalId);
      const transaction = producer.begin();
      const calls = [
        transaction.send([record(topic, 0, 'a')]),
        transaction.send([record('never-made', 0, 'b')]),
        transaction.send([record(topic, 0, 'c')]),
        transaction.commit(),
      ];
      const outcomes = await Promise.allSettled(calls);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected']);
      await transaction.abort();
      expect(() => producer.begin()).toThrow();
      await producer.close();
      await recovers(client, topic, transactionalId, ['d', 'e', 'f']);
      await expectValues(client, topic, ['d', 'e', 'f']);
    });

    if (!features.network) return;
    const network = (): NetworkFaults => {
      if (!kafka.system.network) throw new Error('this system has no network');
      return kafka.system.network;
    };

    for (const [what, apiKey] of [
      ['send', apiKeys.produce],
      ['commit', apiKeys.endTransaction],
      ['offsets', apiKeys.transactionOffsetCommit],
    ] as const) {
      test(`whose answer to ${what} was lost are never half done, and the producer is done for`, async () => {
        const [client, witness] = [await kafka.client(), await kafka.client()];
        const topic = await kafka.topic(client, 2);
        const groupId = `g-${randomUUID()}`;
        const member = await joinAlone(client, groupId, [topic]);
        const transactionalId = id();
        const producer = await client.transactionalProducer(transactionalId);
        const warmUp = producer.begin();
        await warmUp.send([record(topic, 0, 'first')]);
        await warmUp.commit();
        network().loseAnswer(client, apiKey);
        const transaction = producer.begin();
        const outcome = await rejection(
          Promise.all([
            transaction.send([record(topic, 0, 'a'), record(topic, 1, 'b')]),
            transaction.commitOffsets(member.metadata(), [{ topic, partition: 0, offset: 10 }]),
            transaction.commit(),
          ]),
        );
        expect(outcome).toBeInstanceOf(Error);
        expect(remedyOf(outcome)).toBe('reconnect');
        await transaction.abort();
        expect(() => producer.begin()).toThrow();
        await producer.close();
        await recovers(client, topic, transactionalId, ['last']);
        // The marker of a commit is written after its answer.
        await expect.poll(() => valuesOf(witness, topic)).toContain('last');
        const values = await valuesOf(witness, topic);
        const offsets = await witness.admin.committedOffsets(groupId, [topic]);
        const happened = values.includes('a');
        expect(values.toSorted()).toEqual(happened ? ['a', 'b', 'first', 'last'] : ['first', 'last']);
        expect(offsets).toEqual(happened ? [{ topic, partition: 0, offset: 10 }] : []);
        if (what !== 'commit') expect(happened).toBe(false);
      });
    }

    test('whose commit is delayed beyond everything never settle a later one', async () => {
      const [client, next] = [await kafka.client(), await kafka.client()];
      const topic = await kafka.topic(client);
      const transactionalId = id();
      const producer = await client.transactionalProducer(transactionalId);
      const delayed = producer.begin();
      await delayed.send([record(topic, 0, 'delayed')]);
      const commit = network().holdRequest(client, apiKeys.endTransaction);
      const committing = rejection(delayed.commit());
      await commit.held;
      await producer.close();
      expect(await committing).toBeInstanceOf(Error);
      const later = await next.transactionalProducer(transactionalId);
      const settled = later.begin();
      await settled.send([record(topic, 0, 'settled')]);
      await settled.commit();
      const open = later.begin();
      await open.send([record(topic, 0, 'open')]);
      await commit.release();
      await expectValues(next, topic, ['settled']);
      await open.abort();
      await expectValues(next, topic, ['settled']);
    });

    test('of a broker that hangs end by themselves, and close is prompt', async () => {
      const [client, witness] = [await kafka.client(), await kafka.client()];
      const topic = await kafka.topic(client);
      const transactionalId = id();
      const producer = await client.transactionalProducer(transactionalId);
      const reader = await client.reader({ positions: [{ topic, partition: 0, offset: 0 }], maxWaitMs: 30_000 });
      const transaction = producer.begin();
      await transaction.send([record(topic, 0, 'a')]);
      const polling = reader.poll();
      kafka.system.stall(client);
      const committing = rejection(transaction.commit());
      const started = performance.now();
      await client.close();
      expect(performance.now() - started).toBeLessThan(7000);
      expect(await committing).toBeInstanceOf(Error);
      expect(await polling).toEqual([]);
      kafka.system.resume(client);
      await recovers(witness, topic, transactionalId, ['b']);
      // The marker of a commit is written after its answer.
      await expect.poll(async () => (await valuesOf(witness, topic)).at(-1)).toBe('b');
      expect([['b'], ['a', 'b']]).toContainEqual(await valuesOf(witness, topic));
    });
  });
}
