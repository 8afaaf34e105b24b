import type { Codec } from '@tailrace/avro/codec.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { describe, expect, test } from 'vitest';
import { ConnectionLostError, FencedError, OffsetOutOfRangeError } from '../errors.ts';
import type { FetchedBatch, GroupMembership, Kafka, OutgoingRecord, TopicPartition } from '../kafka.ts';
import { manualClock } from './clock.ts';
import { memoryBroker } from './memory-broker.ts';

const codec: Codec<string> = {
  name: 'text',
  encode: (value) => Buffer.from(value),
  decode: (bytes) => bytes.toString(),
};

function topic(name: string, partitions = 1, config: Record<string, string> = {}): TopicSpec<string> {
  return { name, kind: 'stream', partitions, config, codec };
}

function record(value: string, partition = 0, topicName = 'logs'): OutgoingRecord {
  return { topic: topicName, partition, key: null, value: Buffer.from(value) };
}

function valuesOf(batches: readonly FetchedBatch[]): string[] {
  return batches.flatMap(({ records }) => records.map(({ value }) => String(value)));
}

async function readAll(kafka: Kafka, partition = 0, topicName = 'logs'): Promise<FetchedBatch[]> {
  const reader = await kafka.reader({ positions: [{ topic: topicName, partition, offset: 0 }], maxWaitMs: 0 });
  const batches = await reader.poll();
  await reader.close();
  return batches;
}

/** A member that owns what it was assigned, and the events in their order. */
async function member(kafka: Kafka, drain: () => Promise<void> = async () => undefined) {
  const owned = new Set<number>();
  const events: string[] = [];
  const list = (partitions: readonly TopicPartition[]) => partitions.map(({ partition }) => partition).join();
  const membership: GroupMembership = await kafka.joinGroup({
    groupId: 'group',
    topics: ['logs'],
    assigned(partitions) {
      events.push(`assigned ${list(partitions)}`);
      for (const { partition } of partitions) owned.add(partition);
    },
    async revoked(partitions) {
      await drain();
      events.push(`revoked ${list(partitions)}`);
      for (const { partition } of partitions) owned.delete(partition);
    },
    lost(partitions) {
      events.push(`lost ${list(partitions)}`);
      for (const { partition } of partitions) owned.delete(partition);
    },
    failed(error) {
      events.push(`failed ${error}`);
    },
  });
  return { membership, owned, events };
}

async function until(condition: () => boolean): Promise<void> {
  await expect.poll(condition, { interval: 1 }).toBe(true);
}

describe('transactions', () => {
  test('are invisible until they commit, for ever when they abort, and their markers take an offset', async () => {
    const kafka = memoryBroker().connect();
    await kafka.admin.createTopics([topic('logs')]);
    const producer = await kafka.transactionalProducer('id');
    const first = producer.begin();
    await first.send([record('a'), record('b')]);
    expect(await readAll(kafka)).toEqual([]);
    expect(await kafka.admin.offsets('logs', 'last_stable')).toEqual([0]);
    await first.commit();
    const second = producer.begin();
    await second.send([record('c')]);
    await second.abort();
    const [batch] = await readAll(kafka);
    expect(valuesOf([batch!])).toEqual(['a', 'b']);
    expect(batch).toMatchObject({ nextOffset: 5, lastStableOffset: 5 });
  });

  test('hold back what comes behind them', async () => {
    const kafka = memoryBroker().connect();
    await kafka.admin.createTopics([topic('logs')]);
    const transaction = (await kafka.transactionalProducer('id')).begin();
    await transaction.send([record('slow')]);
    await (await kafka.producer()).send([record('quick')]);
    expect(await readAll(kafka)).toEqual([]);
    await transaction.commit();
    expect(valuesOf(await readAll(kafka))).toEqual(['slow', 'quick']);
  });

  test('of an older producer are aborted, and the older producer is fenced', async () => {
    const broker = memoryBroker();
    const kafka = broker.connect();
    await kafka.admin.createTopics([topic('logs')]);
    const transaction = (await kafka.transactionalProducer('id')).begin();
    await transaction.send([record('zombie')]);
    await broker.connect().transactionalProducer('id');
    await expect(transaction.commit()).rejects.toThrow(FencedError);
    expect(valuesOf(await readAll(kafka))).toEqual([]);
  });

  test('time out, and then their producer is fenced', async () => {
    const clock = manualClock();
    const kafka = memoryBroker({ clock, transactionTimeoutMs: 1000 }).connect();
    await kafka.admin.createTopics([topic('logs')]);
    const transaction = (await kafka.transactionalProducer('id')).begin();
    await transaction.send([record('late')]);
    clock.advance(1000);
    expect(await kafka.admin.offsets('logs', 'last_stable')).toEqual([2]);
    await expect(transaction.commit()).rejects.toThrow(FencedError);
  });

  test('carry the offsets: one a partition, with the records or not at all', async () => {
    const kafka = memoryBroker().connect();
    await kafka.admin.createTopics([topic('logs', 2)]);
    const { membership } = await member(kafka);
    const producer = await kafka.transactionalProducer('id');
    const aborted = producer.begin();
    await aborted.commitOffsets(membership.metadata(), [{ topic: 'logs', partition: 0, offset: 7 }]);
    await aborted.abort();
    expect(await kafka.admin.committedOffsets('group', ['logs'])).toEqual([]);
    const committed = producer.begin();
    await committed.commitOffsets(membership.metadata(), [
      { topic: 'logs', partition: 0, offset: 8 },
      { topic: 'logs', partition: 0, offset: 9 },
    ]);
    await committed.commit();
    expect(await kafka.admin.committedOffsets('group', ['logs'])).toEqual([{ topic: 'logs', partition: 0, offset: 9 }]);
  });

  test('with a record over the limit write nothing and can only be aborted', async () => {
    const kafka = memoryBroker().connect();
    await kafka.admin.createTopics([topic('logs', 1, { 'max.message.bytes': '1000' })]);
    const producer = await kafka.transactionalProducer('id');
    const transaction = producer.begin();
    await expect(transaction.send([record('x'.repeat(2000))])).rejects.toThrow('limit of 1000');
    await expect(transaction.commit()).rejects.toThrow('limit of 1000');
    await transaction.abort();
    expect(() => producer.begin()).toThrow('cannot begin');
    expect(valuesOf(await readAll(kafka))).toEqual([]);
  });
});

describe('faults', () => {
  test.each([
    { when: 'before', expected: [] },
    { when: 'after', expected: ['a'] },
  ] as const)('a crash $when the commit leaves $expected', async ({ when, expected }) => {
    const broker = memoryBroker();
    const kafka = broker.connect();
    await kafka.admin.createTopics([topic('logs')]);
    const transaction = (await kafka.transactionalProducer('id')).begin();
    await transaction.send([record('a')]);
    broker.failNext({ operation: 'commit', when, crash: true }, kafka);
    await expect(transaction.commit()).rejects.toThrow(ConnectionLostError);
    await expect(kafka.admin.describeTopic('logs')).rejects.toThrow(ConnectionLostError);
    const other = broker.connect();
    await other.transactionalProducer('id');
    expect(valuesOf(await readAll(other))).toEqual(expected);
  });

  test('a commit that arrives after its producer was replaced settles nothing', async () => {
    const broker = memoryBroker();
    const kafka = broker.connect();
    await kafka.admin.createTopics([topic('logs')]);
    const transaction = (await kafka.transactionalProducer('id')).begin();
    await transaction.send([record('first')]);
    const delayed = broker.failNext({ operation: 'commit', when: 'delayed' });
    await expect(transaction.commit()).rejects.toThrow(ConnectionLostError);
    await delayed.struck;
    const next = (await kafka.transactionalProducer('id')).begin();
    await next.send([record('second')]);
    expect(() => delayed.deliver()).toThrow(FencedError);
    await next.commit();
    expect(valuesOf(await readAll(kafka))).toEqual(['second']);
  });
});

describe('groups', () => {
  test.each(['eager', 'cooperative'] as const)(
    'share the partitions, draining first (%s)',
    async (rebalanceProtocol) => {
      const broker = memoryBroker({ rebalanceProtocol });
      const kafka = broker.connect();
      await kafka.admin.createTopics([topic('logs', 4)]);
      const drained = Promise.withResolvers<void>();
      const first = await member(kafka, () => drained.promise);
      await until(() => first.owned.size === 4);
      const before = first.membership.metadata();
      const joining = member(broker.connect());
      drained.resolve();
      const second = await joining;
      await until(() => first.owned.size === 2 && second.owned.size === 2);
      expect(new Set([...first.owned, ...second.owned]).size).toBe(4);
      expect(first.membership.metadata().generationId).toBeGreaterThan(before.generationId);
      const transaction = (await kafka.transactionalProducer('id')).begin();
      const [kept, gone] = [[...first.owned][0]!, [...second.owned][0]!];
      await transaction.commitOffsets(before, [{ topic: 'logs', partition: kept, offset: 1 }]);
      const offset = { topic: 'logs', partition: gone, offset: 1 };
      await expect(transaction.commitOffsets(before, [offset])).rejects.toThrow(FencedError);
      await second.membership.leave();
      await until(() => first.owned.size === 4);
    },
  );

  test('go on without a member that takes too long to drain', async () => {
    const clock = manualClock();
    const broker = memoryBroker({ clock });
    const kafka = broker.connect();
    await kafka.admin.createTopics([topic('logs', 2)]);
    const stuck = Promise.withResolvers<void>();
    const draining = Promise.withResolvers<void>();
    const first = await member(kafka, () => {
      draining.resolve();
      return stuck.promise;
    });
    await until(() => first.owned.size === 2);
    const joining = member(broker.connect());
    await draining.promise;
    clock.advance(10_000);
    const second = await joining;
    await until(() => second.owned.size === 2);
    expect(first.events.at(-1)).toBe('lost 0,1');
    stuck.resolve();
    await until(() => first.owned.size === 1 && second.owned.size === 1);
  });

  test('give a crashed member’s partitions away when its session has expired', async () => {
    const clock = manualClock();
    const broker = memoryBroker({ clock });
    const first = broker.connect();
    await first.admin.createTopics([topic('logs', 2)]);
    await member(first);
    broker.crashClient(first, { expireSessions: false });
    const joining = member(broker.connect());
    clock.advance(6000);
    const second = await joining;
    await until(() => second.owned.size === 2);
  });

  test('inform a paused member that it lost its partitions, and take it back', async () => {
    const broker = memoryBroker();
    const first = broker.connect();
    await first.admin.createTopics([topic('logs', 2)]);
    const paused = await member(first);
    await until(() => paused.owned.size === 2);
    const stale = paused.membership.metadata();
    broker.pauseClient(first);
    const second = await member(broker.connect());
    await until(() => second.owned.size === 2);
    const producing = first.transactionalProducer('id');
    broker.resumeClient(first);
    const transaction = (await producing).begin();
    const offset = { topic: 'logs', partition: 0, offset: 1 };
    await expect(transaction.commitOffsets(stale, [offset])).rejects.toThrow(FencedError);
    await until(() => paused.owned.size === 1 && second.owned.size === 1);
    expect(paused.events).toContain('lost 0,1');
  });
});

describe('reading', () => {
  test('waits for a record, and an abort ends the wait alone', async () => {
    const kafka = memoryBroker().connect();
    await kafka.admin.createTopics([topic('logs')]);
    const reader = await kafka.reader({ positions: [{ topic: 'logs', partition: 0, offset: 0 }], maxWaitMs: 60_000 });
    const abort = new AbortController();
    const aborted = reader.poll(abort.signal);
    abort.abort();
    expect(await aborted).toEqual([]);
    const waiting = reader.poll();
    await (await kafka.producer()).send([record('a')]);
    expect(valuesOf(await waiting)).toEqual(['a']);
    const closing = reader.poll();
    await reader.close();
    expect(await closing).toEqual([]);
  });

  test('never resets a position that is gone', async () => {
    const broker = memoryBroker();
    const kafka = broker.connect();
    await kafka.admin.createTopics([topic('logs')]);
    await (await kafka.producer()).send([record('a'), record('b'), record('c')]);
    broker.truncate('logs', 0, 2);
    await expect(readAll(kafka)).rejects.toMatchObject({ earliest: 2, latest: 3 });
    const beyond = await kafka.reader({ positions: [{ topic: 'logs', partition: 0, offset: 4 }] });
    await expect(beyond.poll()).rejects.toThrow(OffsetOutOfRangeError);
  });

  test('sees that a topic was made again, and its offsets are gone', async () => {
    const kafka = memoryBroker().connect();
    await kafka.admin.createTopics([topic('logs')]);
    const reader = await kafka.reader({ positions: [{ topic: 'logs', partition: 0, offset: 0 }], maxWaitMs: 60_000 });
    const waiting = reader.poll();
    const seen = expect(waiting).rejects.toMatchObject({ code: 'kafka.unknown_topic' });
    await kafka.admin.deleteTopics(['logs']);
    await seen;
    await kafka.admin.createTopics([topic('logs')]);
    await expect(reader.poll()).rejects.toMatchObject({ code: 'kafka.topic_recreated' });
  });

  test('finds offsets by time', async () => {
    const kafka = memoryBroker().connect();
    await kafka.admin.createTopics([topic('logs')]);
    const at = (timestamp: number) => ({ ...record('x'), timestamp });
    await (await kafka.producer()).send([at(1000), at(2000), at(3000)]);
    expect(await kafka.admin.offsets('logs', { timestampMs: 1500 })).toEqual([1]);
    expect(await kafka.admin.offsets('logs', { timestampMs: 3001 })).toEqual([3]);
    expect(await kafka.admin.offsets('logs', 'earliest')).toEqual([0]);
  });

  test('takes 100,000 records in transactions in well under a second or two', async () => {
    const kafka = memoryBroker().connect();
    await kafka.admin.createTopics([topic('logs')]);
    const producer = await kafka.transactionalProducer('id');
    const line = 'x'.repeat(300);
    for (let batch = 0; batch < 100; batch += 1) {
      const transaction = producer.begin();
      await transaction.send(Array.from({ length: 1000 }, () => record(line)));
      await transaction.commit();
    }
    const reader = await kafka.reader({ positions: [{ topic: 'logs', partition: 0, offset: 0 }] });
    let count = 0;
    while (count < 100_000) count += valuesOf(await reader.poll()).length;
    expect(count).toBe(100_000);
  }, 5000);
});
