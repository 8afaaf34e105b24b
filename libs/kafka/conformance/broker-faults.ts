import { randomUUID } from 'node:crypto';
import { messageOf, remedyOf } from '@tailrace/errors/tailrace-error.ts';
import { describe, expect, onTestFailed, test } from 'vitest';
import type { Kafka, TransactionalProducer } from '../kafka.ts';
import { type Fixture, pollUntil, readAll, recordsOf } from './fixture.ts';
import { observeMember } from './member.ts';
import { type BrokerProcess, record } from './system.ts';

/** The broker dies and comes back while clients are at work. */
export function describeBrokerFaults(kafka: Fixture): void {
  const broker = (): BrokerProcess => {
    if (!kafka.system.broker) throw new Error('this system has no broker process');
    return kafka.system.broker;
  };

  // On a busy machine a killed broker takes long to come back, up to 90 s until it is given up, and some tests kill it twice.
  describe('while the broker dies and comes back', { timeout: 300_000 }, () => {
    test('nothing is lost or doubled by a reader', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client, 2);
      const count = 3000;
      const producer = await client.producer();
      for (const partition of [0, 1]) {
        await producer.send(Array.from({ length: count }, (_, n) => record(topic, partition, `${n}`)));
      }
      const positions = [0, 1].map((partition) => ({ topic, partition, offset: 0 }));
      const reader = await client.reader({ positions, maxBytes: 20_000, maxBytesPerPartition: 10_000 });
      const early = await pollUntil(reader, (got) => recordsOf(got).length > 500);
      await broker().kill();
      await broker().start();
      const rest = await pollUntil(
        reader,
        (got) => recordsOf(got).length + recordsOf(early).length >= 2 * count,
        120_000,
      );
      for (const partition of [0, 1]) {
        const offsets = recordsOf([...early, ...rest].filter((batch) => batch.partition === partition));
        expect(offsets.map(({ offset }) => offset)).toEqual(Array.from({ length: count }, (_, n) => n));
      }
    });

    test('an idempotent producer sends each record once', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client);
      const producer = await client.producer();
      await producer.send([record(topic, 0, 'before')]);
      await broker().kill();
      const sending = producer.send([record(topic, 0, 'during')]);
      await Promise.all([broker().start(), sending]);
      await producer.send([record(topic, 0, 'after')]);
      const [found = []] = await readAll(client, topic);
      expect(found.map(({ value }) => String(value))).toEqual(['before', 'during', 'after']);
    });

    test('transactions are whole, once each, for a caller that goes on from the committed offset', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client);
      const output = await kafka.topic(client, 2);
      const groupId = `g-${randomUUID()}`;
      const count = 150;
      const member = await observeMember(client, { groupId, topics: [topic] });
      await member.until('joined', () => member.owned.size === 1);
      let done = 0;
      /** Of a decided transaction, whose markers are still to be written. */
      const atCommit = Promise.withResolvers<void>();
      const trail = trailOfTest();
      const work = async () => {
        const producer = await openProducer(client, `x-${groupId}`);
        if (!producer) return trail('no producer');
        try {
          const [committed] = await client.admin.committedOffsets(groupId, [topic]);
          done = committed?.offset ?? 0;
          trail(`goes on from ${done}`);
          while (done < count) {
            const transaction = producer.begin();
            await transaction.send([0, 1].map((partition) => record(output, partition, `${done}`)));
            await transaction.commitOffsets(member.membership.metadata(), [{ topic, partition: 0, offset: done + 1 }]);
            await transaction.commit();
            done++;
            if (done === 80) atCommit.resolve();
          }
        } finally {
          await producer.close();
        }
      };
      const working = (async () => {
        while (done < count) {
          await work().catch((error: unknown) => {
            trail(`at ${done}: ${messageOf(error)}; the member saw ${member.events.join(', ')}`);
            if (member.failure) throw member.failure;
            if (remedyOf(error) === 'give-up') throw error;
          });
        }
      })();
      for (const moment of [reached(() => done >= 40), atCommit.promise]) {
        await Promise.race([moment, working]);
        trail('kill');
        await broker().kill();
        await broker().start();
        trail('started');
      }
      await working;
      const expected = Array.from({ length: count }, (_, n) => `${n}`);
      const found = async () =>
        (await readAll(client, output)).map((records) => records.map(({ value }) => String(value)));
      // The markers of the last commit are written after its answer.
      await expect
        .poll(async () => (await found()).map((values) => values.at(-1)))
        .toEqual([`${count - 1}`, `${count - 1}`]);
      expect(await found()).toEqual([expected, expected]);
    });

    test('a group goes on, and its member is not failed', async () => {
      const [one, two] = [await kafka.client(), await kafka.client()];
      const topic = await kafka.topic(one, 2);
      const groupId = `g-${randomUUID()}`;
      const first = await observeMember(one, { groupId, topics: [topic] });
      await first.until('owns both', () => first.owned.size === 2);
      await broker().kill();
      await broker().start();
      const second = await observeMember(two, { groupId, topics: [topic] });
      await second.until('gets its share', () => second.owned.size === 1, 120_000);
      await first.until('keeps its share', () => first.owned.size === 1, 120_000);
      expect(first.failure).toBeUndefined();
    });

    test('a reader waits out a long absence in bounded memory and goes on', async () => {
      const client = await kafka.client({ retryTimeoutMs: 12_000 });
      const topic = await kafka.topic(client);
      const reader = await client.reader({ positions: [{ topic, partition: 0, offset: 0 }], maxWaitMs: 200 });
      await reader.poll();
      await broker().kill();
      const started = performance.now();
      let polls = 0;
      while (performance.now() - started < 8000) {
        expect(await reader.poll()).toEqual([]);
        polls++;
      }
      expect(polls).toBeLessThan(400);
      await expect(client.admin.describeCluster()).rejects.toMatchObject({ code: 'kafka.connection_lost' });
      await broker().start();
      const producer = await (await kafka.client()).producer();
      await producer.send([record(topic, 0, 'back')]);
      const batches = await pollUntil(reader, (got) => recordsOf(got).length > 0, 120_000);
      expect(recordsOf(batches).map(({ value }) => String(value))).toEqual(['back']);
    });

    test('close does not wait for it', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client);
      const producer = await client.transactionalProducer(`x-${randomUUID()}`);
      await producer.begin().send([record(topic, 0, 'open')]);
      const member = await observeMember(client, { groupId: `g-${randomUUID()}`, topics: [topic] });
      await member.until('owns it', () => member.owned.size === 1);
      const reader = await client.reader({ positions: [{ topic, partition: 0, offset: 0 }], maxWaitMs: 20_000 });
      const polling = reader.poll();
      await broker().kill();
      try {
        const started = performance.now();
        await client.close();
        expect(performance.now() - started).toBeLessThan(15_000);
        expect(await polling).toEqual([]);
      } finally {
        await broker().start();
      }
    });
  });
}

/** A producer, or nothing while the broker is unreachable: the caller tries again. */
async function openProducer(kafka: Kafka, transactionalId: string): Promise<TransactionalProducer | undefined> {
  try {
    return await kafka.transactionalProducer(transactionalId);
  } catch (error) {
    if (remedyOf(error) === 'give-up') throw error;
    return undefined;
  }
}

/** What happened, and when; shown when the test fails. */
function trailOfTest(): (what: string) => void {
  const started = performance.now();
  const trail: string[] = [];
  onTestFailed(() => console.error(trail.join('\n')));
  return (what) => {
    trail.push(`${Math.round(performance.now() - started)} ms: ${what}`);
  };
}

async function reached(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
