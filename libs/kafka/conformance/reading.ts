import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Compression } from '../compression.ts';
import { OffsetOutOfRangeError, TopicRecreatedError, UnknownTopicError } from '../errors.ts';
import type { FetchedRecord, OutgoingRecord } from '../kafka.ts';
import { createTopic, expectValues, type Fixture, pollUntil, readAll, recordsOf } from './fixture.ts';
import { type KafkaFeatures, record } from './system.ts';

export function describeReading(kafka: Fixture, features: KafkaFeatures): void {
  describe('records', () => {
    test('keep key, value, headers and time, whatever these are', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client);
      const producer = await client.producer();
      const long = Buffer.alloc(40_000, 'long ');
      const sent: Pick<OutgoingRecord, 'key' | 'value' | 'headers'>[] = [
        { key: Buffer.from('plain'), value: Buffer.from('value'), headers: { project: 'demo', empty: '' } },
        { key: null, value: Buffer.from('no key') },
        { key: Buffer.from('tombstone'), value: null },
        { key: Buffer.alloc(0), value: Buffer.alloc(0), headers: {} },
        { key: Buffer.from([0, 255, 128]), value: long, headers: { 'grüße 😀': 'ß'.repeat(300) } },
      ];
      const timestamps = [1_700_000_000_000, 1_699_999_999_999, Date.now() + 1000, 1_700_000_000_001, 1_000];
      await producer.send(
        sent.map((fields, index) => ({ topic, partition: 0, timestamp: timestamps[index] as number, ...fields })),
      );
      const [found = []] = await readAll(client, topic);
      expect(found.map(plain)).toEqual(
        sent.map(({ key, value, headers = {} }, offset) => ({
          offset,
          timestamp: timestamps[offset],
          key,
          value,
          headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
        })),
      );
    });

    test('get the time of sending when they bring none', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client);
      const producer = await client.producer();
      const before = Date.now();
      await producer.send([record(topic, 0, 'now')]);
      const [[found] = []] = await readAll(client, topic);
      expect(found?.timestamp).toBeGreaterThanOrEqual(before);
      expect(found?.timestamp).toBeLessThanOrEqual(Date.now());
    });

    test('of an idempotent producer arrive once and in order, however carelessly they are sent', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client, 2);
      const producer = await client.producer();
      const numbers = Array.from({ length: 200 }, (_, n) => n);
      await Promise.all(numbers.map((n) => producer.send([record(topic, n % 2, `${n}`)])));
      const [even = [], odd = []] = await readAll(client, topic);
      expect(even.map(({ value }) => Number(value))).toEqual(numbers.filter((n) => n % 2 === 0));
      expect(odd.map(({ value }) => Number(value))).toEqual(numbers.filter((n) => n % 2 === 1));
    });

    test('cannot be sent to a topic or partition that does not exist', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client, 1);
      await expect((await client.producer()).send([record('never-made', 0, 'a')])).rejects.toThrow();
      await expect((await client.producer()).send([record(topic, 7, 'a')])).rejects.toThrow();
      await (await client.producer()).send([record(topic, 0, 'b')]);
      await expectValues(client, topic, ['b']);
    });

    for (const compression of features.compressions) {
      test(`compressed by ${compression} are read back`, async () => {
        const client = await kafka.client({ compression });
        const topic = await kafka.topic(client);
        const values = Array.from({ length: 500 }, (_, n) => `${n} ${'repeated '.repeat(n % 50)}`);
        const producer = await client.producer();
        await producer.send(values.map((value) => record(topic, 0, value)));
        await expectValues(client, topic, values);
      });
    }
    if (features.peer) describePeer(kafka, features.peer.name, features.peer.compressions);
  });

  describe('a reader', () => {
    const filled = async (partitions: number, each: number) => {
      const client = await kafka.client();
      const topic = await kafka.topic(client, partitions);
      const producer = await client.producer();
      const numbers = Array.from({ length: each }, (_, n) => n);
      for (let partition = 0; partition < partitions; partition++) {
        await producer.send(numbers.map((n) => record(topic, partition, `${partition}:${n}`)));
      }
      return { client, topic, producer };
    };

    test('reads given partitions from given offsets', async () => {
      const { client, topic } = await filled(3, 10);
      const reader = await client.reader({
        positions: [
          { topic, partition: 0, offset: 7 },
          { topic, partition: 2, offset: 9 },
        ],
      });
      const batches = await pollUntil(reader, (got) => recordsOf(got).length >= 4);
      const values = recordsOf(batches).map(({ value }) => String(value));
      expect(values.toSorted()).toEqual(['0:7', '0:8', '0:9', '2:9']);
    });

    test('reads from a time by the offset of that time', async () => {
      const { client, topic, producer } = await filled(1, 3);
      const later = Date.now() + 60_000;
      await producer.send([{ ...record(topic, 0, 'later'), timestamp: later }]);
      const [offset = -1] = await client.admin.offsets(topic, { timestampMs: later - 1 });
      const reader = await client.reader({ positions: [{ topic, partition: 0, offset }] });
      const batches = await pollUntil(reader, (got) => got.length > 0);
      expect(recordsOf(batches).map(({ value }) => String(value))).toEqual(['later']);
    });

    test('starts inside a stored batch', async () => {
      const { client, topic } = await filled(1, 100);
      const reader = await client.reader({ positions: [{ topic, partition: 0, offset: 55 }] });
      const [first] = await pollUntil(reader, (got) => got.length > 0);
      expect(first?.records[0]?.offset).toBe(55);
    });

    test('waits at the end and gets what comes', async () => {
      const { client, topic, producer } = await filled(1, 1);
      const reader = await client.reader({ positions: [{ topic, partition: 0, offset: 1 }], maxWaitMs: 5000 });
      const waiting = pollUntil(reader, (got) => recordsOf(got).length > 0);
      await producer.send([record(topic, 0, 'new')]);
      expect(recordsOf(await waiting).map(({ value }) => String(value))).toEqual(['new']);
    });

    test('moves past control records and aborted data to the last stable offset', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client);
      const transactionalId = `x-${randomUUID()}`;
      const producer = await client.transactionalProducer(transactionalId);
      const committed = producer.begin();
      await committed.send([record(topic, 0, 'a')]);
      await committed.commit();
      const aborted = producer.begin();
      await aborted.send([record(topic, 0, 'b'), record(topic, 0, 'c')]);
      await aborted.abort();
      await client.transactionalProducer(transactionalId);
      const [end] = await client.admin.offsets(topic, 'last_stable');
      const reader = await client.reader({ positions: [{ topic, partition: 0, offset: 0 }] });
      const batches = await pollUntil(reader, (got) => got.at(-1)?.nextOffset === end);
      expect(batches.at(-1)?.lastStableOffset).toBe(end);
      expect(recordsOf(batches).map(({ value }) => String(value))).toEqual(['a']);
    });

    test('finds the end of a partition that holds nothing but aborted data', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client);
      const transactionalId = `x-${randomUUID()}`;
      const aborted = (await client.transactionalProducer(transactionalId)).begin();
      await aborted.send([record(topic, 0, 'b')]);
      await aborted.abort();
      // The abort's marker is written a moment after the answer; initialising the id again waits for it.
      await client.transactionalProducer(transactionalId);
      const [end = 0] = await client.admin.offsets(topic, 'last_stable');
      expect(end).toBeGreaterThan(0);
      expect(await readAll(client, topic)).toEqual([[]]);
    });

    test('has nothing to read of an empty partition, and says so at once', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client, 2);
      expect(await client.admin.offsets(topic, 'last_stable')).toEqual(await client.admin.offsets(topic, 'earliest'));
      expect(await readAll(client, topic)).toEqual([[], []]);
      const reader = await client.reader({ positions: [{ topic, partition: 0, offset: 0 }], maxWaitMs: 50 });
      expect(recordsOf(await reader.poll())).toEqual([]);
    });

    test('rejects a position that retention has passed, again and again, until it is moved', async () => {
      const { client, topic } = await filled(1, 10);
      await kafka.system.truncate(topic, 0, 6);
      // Longer than it takes, as a failure ends a poll at once.
      const reader = await client.reader({ positions: [{ topic, partition: 0, offset: 2 }], maxWaitMs: 20_000 });
      for (let attempt = 0; attempt < 2; attempt++) {
        const error = await reader.poll().then(
          () => undefined,
          (reason: unknown) => reason,
        );
        expect(error).toBeInstanceOf(OffsetOutOfRangeError);
        expect(error).toMatchObject({ position: { topic, partition: 0, offset: 2 }, earliest: 6, latest: 10 });
      }
      reader.seek({ topic, partition: 0, offset: 6 });
      const batches = await pollUntil(reader, (got) => recordsOf(got).length >= 4);
      expect(recordsOf(batches)[0]?.offset).toBe(6);
    });

    test('gives what other partitions hold, whichever of them retention has passed', async () => {
      const { client, topic } = await filled(3, 10);
      await kafka.system.truncate(topic, 1, 6);
      const positions = [0, 1, 2].map((partition) => ({ topic, partition, offset: 0 }));
      const reader = await client.reader({ positions, maxWaitMs: 20_000 });
      const found = new Map<number, number[]>();
      while ([0, 2].some((partition) => (found.get(partition)?.length ?? 0) < 10)) {
        const batches = await reader.poll().catch((error: unknown) => {
          if (!(error instanceof OffsetOutOfRangeError)) throw error;
          reader.seek({ ...error.position, offset: error.earliest });
          return [];
        });
        for (const { partition, records } of batches) {
          found.set(partition, [...(found.get(partition) ?? []), ...records.map(({ offset }) => offset)]);
        }
      }
      const all = Array.from({ length: 10 }, (_, offset) => offset);
      expect([found.get(0), found.get(2)]).toEqual([all, all]);
    });

    test('rejects a position beyond the end', async () => {
      const { client, topic } = await filled(1, 3);
      const reader = await client.reader({ positions: [{ topic, partition: 0, offset: 1000 }], maxWaitMs: 20_000 });
      await expect(reader.poll()).rejects.toMatchObject({ earliest: 0, latest: 3, code: 'kafka.offset_out_of_range' });
    });

    test('does not take a topic made again for the one it began with', async () => {
      const { client, topic } = await filled(1, 3);
      const reader = await client.reader({ positions: [{ topic, partition: 0, offset: 0 }], maxWaitMs: 20_000 });
      await pollUntil(reader, (got) => recordsOf(got).length >= 3);
      await client.admin.deleteTopics([topic]);
      await createTopic(client, topic);
      const producer = await (await kafka.client()).producer();
      await producer.send([0, 1, 2, 3, 4, 5].map((n) => record(topic, 0, `new ${n}`)));
      const polling = pollUntil(reader, (got) => recordsOf(got).length > 0);
      await expect(polling).rejects.toThrow(TopicRecreatedError);
      await expect(reader.poll()).rejects.toThrow(TopicRecreatedError);
    });

    test('of a topic that does not exist is refused', async () => {
      const client = await kafka.client();
      const positions = [{ topic: 'never-made', partition: 0, offset: 0 }];
      await expect(client.reader({ positions })).rejects.toThrow(UnknownTopicError);
    });
  });
}

/** What one client writes, the other reads. */
function describePeer(kafka: Fixture, peer: string, compressions: readonly Compression[]): void {
  const values = Array.from({ length: 300 }, (_, n) => `${n} ${'some text '.repeat(n % 20)}`);
  for (const compression of compressions) {
    test(`written by ${peer} with ${compression} are read`, async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client);
      const other = await kafka.system.connectPeer?.({ compression });
      if (!other) throw new Error(`there is no ${peer}`);
      try {
        const producer = await other.transactionalProducer(`x-${randomUUID()}`);
        const transaction = producer.begin();
        await transaction.send(values.map((value) => ({ ...record(topic, 0, value), headers: { by: peer } })));
        await transaction.commit();
        await expectValues(client, topic, values);
        const [found = []] = await readAll(client, topic);
        expect(String(found[0]?.headers.get('by'))).toBe(peer);
      } finally {
        await other.close();
      }
    });
  }

  test(`are read by ${peer}`, async () => {
    const client = await kafka.client();
    const topic = await kafka.topic(client);
    const producer = await client.transactionalProducer(`x-${randomUUID()}`);
    for (const end of ['commit', 'abort'] as const) {
      const transaction = producer.begin();
      await transaction.send(values.map((value) => record(topic, 0, `${end} ${value}`)));
      await transaction[end]();
    }
    const other = await kafka.system.connectPeer?.({ compression: 'none' });
    if (!other) throw new Error(`there is no ${peer}`);
    try {
      await expectValues(
        other,
        topic,
        values.map((value) => `commit ${value}`),
      );
    } finally {
      await other.close();
    }
  });
}

function plain({ offset, timestamp, key, value, headers }: FetchedRecord) {
  return { offset, timestamp, key, value, headers: Object.fromEntries(headers) };
}
