import { topics } from '@tailrace/topics/topics.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ConnectionLostError, RecordTooLargeError } from './errors.ts';
import type { Kafka } from './kafka.ts';
import { memoryBroker } from './memory/memory-broker.ts';
import { watchKafka } from './watched-kafka.ts';

const { name: topic } = topics.logs;
const record = { topic, partition: 0, key: null, value: Buffer.from('x') };

describe('a watched Kafka', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());
  const pass = (seconds: number) => vi.advanceTimersByTime(seconds * 1000);

  async function open() {
    const broker = memoryBroker();
    const client = broker.connect();
    await client.admin.createTopics([topics.logs]);
    return { broker, client, watched: watchKafka(client) };
  }

  /** The client with one call in place of its own. */
  const withOffsets = (client: Kafka, offsets: Kafka['admin']['offsets']): Kafka => ({
    ...client,
    admin: { ...client.admin, offsets },
    reader: (options) => client.reader(options),
  });

  test('is well while readers and memberships are answered, however little comes', async () => {
    const { watched } = await open();
    const reader = await watched.kafka.reader({ positions: [{ topic, partition: 0, offset: 0 }], maxWaitMs: 1 });
    await watched.kafka.joinGroup({
      groupId: 'g',
      topics: [topic],
      assigned: () => undefined,
      revoked: async () => undefined,
      lost: () => undefined,
      failed: () => undefined,
    });
    await reader.poll();
    pass(60);
    expect(watched.troubles()).toEqual([]);
  });

  test('names what is read and the group when nobody answers, within 10 s, and is well again by itself', async () => {
    const { broker, client, watched } = await open();
    await watched.kafka.reader({ positions: [0, 1, 2, 3, 4].map((partition) => ({ topic, partition, offset: 0 })) });
    const membership = await watched.kafka.joinGroup({
      groupId: 'g',
      topics: [topic],
      assigned: () => undefined,
      revoked: async () => undefined,
      lost: () => undefined,
      failed: () => undefined,
    });
    broker.pauseClient(client, { expireSessions: false });
    pass(7);
    expect(watched.troubles()).toEqual([]);
    pass(2);
    expect(watched.troubles()).toEqual([
      'Kafka: no answer for 9 s about logs[0], logs[1], logs[2] and 2 other partitions (the in-memory broker)',
      'Kafka: the coordinator of group g has not answered for 9 s',
    ]);
    broker.resumeClient(client);
    expect(watched.troubles()).toEqual([]);
    await membership.leave();
  });

  test('counts tries that fail one after the other as one wait, which an answer ends', async () => {
    const { client } = await open();
    let away = true;
    const { kafka, troubles } = watchKafka(
      withOffsets(client, async (name, at) => {
        if (away) throw new ConnectionLostError('no broker at 127.0.0.1:1');
        return client.admin.offsets(name, at);
      }),
    );
    for (let tries = 0; tries < 4; tries++) {
      await expect(kafka.admin.offsets(topic, 'last_stable')).rejects.toThrow('no broker');
      pass(3);
    }
    expect(troubles()).toEqual(['Kafka: no answer for 12 s (no broker at 127.0.0.1:1)']);
    away = false;
    await kafka.admin.offsets(topic, 'last_stable');
    expect(troubles()).toEqual([]);
  });

  test('forgets a failure that nobody has tried again for long', async () => {
    const { client } = await open();
    const { kafka, troubles } = watchKafka(
      withOffsets(client, async () => {
        throw new ConnectionLostError('no broker');
      }),
    );
    await kafka.admin.offsets(topic, 'last_stable').catch(() => undefined);
    pass(10);
    expect(troubles().length).toBe(1);
    pass(15);
    expect(troubles()).toEqual([]);
  });

  test('takes a refusal for an answer', async () => {
    const { broker, client, watched } = await open();
    const producer = await watched.kafka.producer();
    broker.failNext({ operation: 'produce', error: new RecordTooLargeError('too large') }, client);
    await expect(producer.send([record])).rejects.toThrow('too large');
    pass(10);
    expect(watched.troubles()).toEqual([]);
  });

  test('says which transaction hangs', async () => {
    const { broker, client, watched } = await open();
    const producer = await watched.kafka.transactionalProducer('worker-0');
    broker.pauseClient(client, { expireSessions: false });
    const sending = producer.begin().send([record]);
    pass(9);
    expect(watched.troubles()).toEqual(['Kafka: no answer for 9 s (writing as worker-0)']);
    broker.resumeClient(client);
    await sending;
    expect(watched.troubles()).toEqual([]);
  });
});
