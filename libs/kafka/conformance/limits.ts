import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { RecordTooLargeError } from '../errors.ts';
import { expectValues, type Fixture, readAll } from './fixture.ts';
import { type KafkaFeatures, record } from './system.ts';

/** Sizes: a topic's `max.message.bytes` and what is above it. */
export function describeLimits(kafka: Fixture, features: KafkaFeatures): void {
  const limit = 200_000;
  const limited = { 'max.message.bytes': String(limit) };
  const uncompressed = features.compressions.length > 0 ? ({ compression: 'none' } as const) : undefined;
  /** A record whose batch, with Kafka's 61 bytes of batch header and a few of record header, is near the limit. */
  const sized = (topic: string, bytes: number, partition = 0) => ({
    ...record(topic, partition, 'x'),
    key: null,
    value: Buffer.alloc(bytes, 'x'),
  });

  describe('size limits', () => {
    test('let a record at the limit through', async () => {
      const client = await kafka.client(uncompressed);
      const topic = await kafka.topic(client, 1, limited);
      const producer = await client.producer();
      await producer.send([sized(topic, limit - 100)]);
      const [[found] = []] = await readAll(client, topic);
      expect(found?.value?.length).toBe(limit - 100);
    });

    test('refuse a record over it, and nothing of its send is written', async () => {
      const client = await kafka.client(uncompressed);
      const topic = await kafka.topic(client, 2, limited);
      const producer = await client.producer();
      const batch = [record(topic, 0, 'a'), record(topic, 1, 'b'), sized(topic, limit + 1, 1), record(topic, 0, 'c')];
      await expect(producer.send(batch)).rejects.toThrow(RecordTooLargeError);
      await expectValues(client, topic, []);
      await producer.send([record(topic, 0, 'd')]);
      await expectValues(client, topic, ['d']);
    });

    test('refuse it in a transaction, which then cannot commit', async () => {
      const client = await kafka.client(uncompressed);
      const topic = await kafka.topic(client, 1, limited);
      const transactionalId = `x-${randomUUID()}`;
      const producer = await client.transactionalProducer(transactionalId);
      const transaction = producer.begin();
      await transaction.send([record(topic, 0, 'before')]);
      await expect(transaction.send([sized(topic, limit + 1)])).rejects.toThrow(RecordTooLargeError);
      await expect(transaction.send([record(topic, 0, 'after')])).rejects.toThrow();
      await expect(transaction.commit()).rejects.toThrow();
      await transaction.abort();
      await producer.close();
      const next = (await client.transactionalProducer(transactionalId)).begin();
      await next.send([record(topic, 0, 'next')]);
      await next.commit();
      await expectValues(client, topic, ['next']);
    });

    test('do not hold for a send of many records, which is more than one batch', async () => {
      const client = await kafka.client(uncompressed);
      const topic = await kafka.topic(client, 1, limited);
      const producer = await client.producer();
      const values = Array.from({ length: 3000 }, (_, n) => `${n} ${'y'.repeat(500)}`);
      await producer.send(values.map((value) => record(topic, 0, value)));
      await expectValues(client, topic, values);
    });

    test('are per topic', async () => {
      const client = await kafka.client(uncompressed);
      const large = await kafka.topic(client, 1, { 'max.message.bytes': '4194304' });
      const producer = await client.producer();
      await producer.send([sized(large, 4_000_000)]);
      const [[found] = []] = await readAll(client, large);
      expect(found?.value?.length).toBe(4_000_000);
    });
  });
}
