import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { FencedError } from '../errors.ts';
import type { Kafka } from '../kafka.ts';
import { expectCounts, expectValues, type Fixture, pollUntil, readAll, recordsOf } from './fixture.ts';
import { joinAlone } from './member.ts';
import { record } from './system.ts';

export function describeTransactions(kafka: Fixture): void {
  const id = () => `x-${randomUUID()}`;

  async function committed(client: Kafka, topic: string, transactionalId: string, values: string[], partition = 0) {
    const producer = await client.transactionalProducer(transactionalId);
    const transaction = producer.begin();
    await transaction.send(values.map((value) => record(topic, partition, value)));
    await transaction.commit();
    return producer;
  }

  describe('transactions', () => {
    test('are seen once they are committed, over several partitions and topics', async () => {
      const client = await kafka.client();
      const [one, two] = [await kafka.topic(client, 2), await kafka.topic(client)];
      const producer = await client.transactionalProducer(id());
      const transaction = producer.begin();
      await transaction.send([record(one, 0, 'a'), record(one, 1, 'b'), record(two, 0, 'c')]);
      await transaction.send([record(one, 0, 'd')]);
      await expectValues(client, one, []);
      await transaction.commit();
      await expectValues(client, one, ['a', 'd', 'b']);
      await expectValues(client, two, ['c']);
    });

    test('follow one another on one producer', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client);
      const producer = await client.transactionalProducer(id());
      for (let n = 0; n < 20; n++) {
        const transaction = producer.begin();
        await transaction.send([record(topic, 0, `${n}`)]);
        await transaction.commit();
      }
      await expectValues(
        client,
        topic,
        Array.from({ length: 20 }, (_, n) => `${n}`),
      );
    });

    test('that are aborted are seen by nobody, and the producer goes on', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client);
      const producer = await client.transactionalProducer(id());
      const first = producer.begin();
      await first.send([record(topic, 0, 'aborted')]);
      await first.abort();
      const second = producer.begin();
      await second.send([record(topic, 0, 'committed')]);
      await second.commit();
      await expectValues(client, topic, ['committed']);
    });

    test('that interleave are distinguished: only the aborted ones vanish', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client);
      const [keeps, drops] = [await client.transactionalProducer(id()), await client.transactionalProducer(id())];
      for (let round = 0; round < 5; round++) {
        const [kept, dropped] = [keeps.begin(), drops.begin()];
        await kept.send([record(topic, 0, `kept ${round} a`)]);
        await dropped.send([record(topic, 0, `dropped ${round}`)]);
        await kept.send([record(topic, 0, `kept ${round} b`)]);
        await dropped.abort();
        await kept.commit();
      }
      const expected = Array.from({ length: 5 }, (_, round) => [`kept ${round} a`, `kept ${round} b`]).flat();
      await expectValues(client, topic, expected);
    });

    test('without any record end well', async () => {
      const client = await kafka.client();
      const producer = await client.transactionalProducer(id());
      await producer.begin().commit();
      await producer.begin().abort();
      const transaction = producer.begin();
      await transaction.send([]);
      await transaction.commit();
    });

    test('are one at a time on a producer', async () => {
      const client = await kafka.client();
      const producer = await client.transactionalProducer(id());
      const transaction = producer.begin();
      expect(() => producer.begin()).toThrow(/open/);
      await transaction.abort();
      await producer.begin().commit();
    });

    test('take nothing more once they ended', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client);
      const producer = await client.transactionalProducer(id());
      const transaction = producer.begin();
      await transaction.send([record(topic, 0, 'a')]);
      await transaction.commit();
      await expect(transaction.send([record(topic, 0, 'late')])).rejects.toThrow(/committed/);
      await expectValues(client, topic, ['a']);
    });

    test('go on with the same id after a restart of the process', async () => {
      const topic = await kafka.topic(await kafka.client());
      const transactionalId = id();
      for (const value of ['first', 'second', 'third']) {
        const client = await kafka.client();
        await committed(client, topic, transactionalId, [value]);
        await client.close();
      }
      await expectValues(await kafka.client(), topic, ['first', 'second', 'third']);
    });

    test('of a process that died are aborted by the next one with the same id', async () => {
      const [dying, client] = [await kafka.client(), await kafka.client()];
      const topic = await kafka.topic(client);
      const transactionalId = id();
      const producer = await dying.transactionalProducer(transactionalId);
      await producer.begin().send([record(topic, 0, 'unfinished')]);
      kafka.system.crash(dying);
      await committed(client, topic, transactionalId, ['next']);
      await expectValues(client, topic, ['next']);
    });

    test('of a zombie are fenced by InitProducerId, whatever it does next', async () => {
      const [old, client] = [await kafka.client(), await kafka.client()];
      const topic = await kafka.topic(client);
      const transactionalId = id();
      const zombies = await Promise.all(
        ['sends', 'commits'].map(async (what) => {
          const producer = await old.transactionalProducer(`${transactionalId}-${what}`);
          const transaction = producer.begin();
          await transaction.send([record(topic, 0, `of the zombie that ${what}`)]);
          return transaction;
        }),
      );
      await committed(client, topic, `${transactionalId}-sends`, ['a']);
      await committed(client, topic, `${transactionalId}-commits`, ['b']);
      await expect(zombies[0]?.send([record(topic, 0, 'more')])).rejects.toThrow(FencedError);
      await expect(zombies[1]?.commit()).rejects.toThrow(FencedError);
      await expect(zombies[0]?.commit()).rejects.toThrow();
      await expectValues(client, topic, ['a', 'b']);
    });

    test('of different ids do not disturb one another', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client, 4);
      const rounds = Array.from({ length: 10 }, (_, n) => `${n}`);
      await Promise.all(
        [0, 1, 2, 3].map(async (partition) => {
          const producer = await client.transactionalProducer(id());
          for (const value of rounds) {
            const transaction = producer.begin();
            await transaction.send([record(topic, partition, value)]);
            await transaction.commit();
          }
        }),
      );
      await expectCounts(client, topic, [10, 10, 10, 10]);
      const found = await readAll(client, topic);
      expect(found.map((records) => records.map(({ value }) => String(value)))).toEqual([1, 2, 3, 4].map(() => rounds));
    });

    test('left open hold the last stable offset until they end', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client);
      const plain = await client.producer();
      await plain.send([record(topic, 0, 'before')]);
      const producer = await client.transactionalProducer(id());
      const transaction = producer.begin();
      await transaction.send([record(topic, 0, 'open')]);
      await plain.send([record(topic, 0, 'behind')]);
      expect(await client.admin.offsets(topic, 'last_stable')).toEqual([1]);
      expect(await client.admin.offsets(topic, 'high_watermark')).toEqual([3]);
      await expectValues(client, topic, ['before']);
      const reader = await client.reader({ positions: [{ topic, partition: 0, offset: 1 }], maxWaitMs: 100 });
      expect(recordsOf(await reader.poll())).toEqual([]);
      await transaction.commit();
      const batches = await pollUntil(reader, (got) => recordsOf(got).length >= 2);
      expect(recordsOf(batches).map(({ value }) => String(value))).toEqual(['open', 'behind']);
    });

    test('close with the producer: what is open is aborted at once', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client);
      const producer = await client.transactionalProducer(id());
      await producer.begin().send([record(topic, 0, 'open')]);
      await producer.close();
      await producer.close();
      expect(() => producer.begin()).toThrow();
      const plain = await client.producer();
      await plain.send([record(topic, 0, 'after')]);
      await expectValues(client, topic, ['after']);
    });
  });

  describe('a careless caller of transactions', () => {
    test('who sends side by side loses nothing', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client, 4);
      const producer = await client.transactionalProducer(id());
      for (let round = 0; round < 5; round++) {
        const transaction = producer.begin();
        const sends = [0, 1, 2, 3, 0, 1, 2, 3].map((partition) => transaction.send([record(topic, partition, 'x')]));
        await Promise.all([...sends, transaction.commit()]);
      }
      await expectCounts(client, topic, [10, 10, 10, 10]);
    });

    test('who commits offsets side by side loses none, and the last of a partition counts', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client, 3);
      const groupId = `g-${randomUUID()}`;
      const member = await joinAlone(client, groupId, [topic]);
      const producer = await client.transactionalProducer(id());
      const transaction = producer.begin();
      const offsets = [
        { topic, partition: 0, offset: 3 },
        { topic, partition: 1, offset: 7 },
        { topic, partition: 2, offset: 9 },
        { topic, partition: 0, offset: 5 },
      ];
      await Promise.all([
        ...offsets.map((offset) => transaction.commitOffsets(member.metadata(), [offset])),
        transaction.commit(),
      ]);
      const found = await client.admin.committedOffsets(groupId, [topic]);
      expect(found.toSorted((a, b) => a.partition - b.partition)).toEqual([
        { topic, partition: 0, offset: 5 },
        { topic, partition: 1, offset: 7 },
        { topic, partition: 2, offset: 9 },
      ]);
    });
  });
}
