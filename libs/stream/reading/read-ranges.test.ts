import { OffsetOutOfRangeError } from '@tailrace/kafka/errors.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { topics } from '@tailrace/topics/topics.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPartition } from './read-partition.ts';
import { type OffsetRange, type RangeReadOptions, type RangeSlice, readRanges } from './read-ranges.ts';

const { name: topic } = topics.dead;

async function filled(records: number, partitions: readonly number[] = [0]) {
  const broker = memoryBroker();
  const kafka = broker.connect();
  await kafka.admin.createTopics([topics.dead]);
  const producer = await kafka.producer();
  const values = Array.from({ length: records }, (_, n) => Buffer.from(String(n)));
  const all = partitions.flatMap((partition) => values.map((value) => ({ topic, partition, key: null, value })));
  if (all.length > 0) await producer.send(all);
  return { broker, kafka, producer };
}

async function slicesOf(
  kafka: Kafka,
  ranges: readonly OffsetRange[],
  options?: RangeReadOptions,
): Promise<readonly RangeSlice[]> {
  const slices: RangeSlice[] = [];
  for await (const slice of readRanges(kafka, ranges, AbortSignal.timeout(20_000), options)) slices.push(slice);
  return slices;
}

const offsetsOf = (slices: readonly RangeSlice[], partition = 0) =>
  slices.filter((slice) => slice.partition === partition).flatMap(({ records }) => records.map(({ offset }) => offset));

const rangeOf = (from: number, to: number, partition = 0): OffsetRange => ({ topic, partition, from, to });

describe('readRanges', () => {
  it('gives every offset of every range once and in order, whatever the ranges, slices and retention are', async () => {
    const partitions = fc.record({ from: fc.nat(12), length: fc.nat(12), removed: fc.nat(20) });
    const reads = fc.record({
      ranges: fc.array(partitions, { maxLength: 3 }),
      sliceRecords: fc.integer({ min: 1, max: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(reads, async ({ ranges: drawn, sliceRecords }) => {
        const { broker, kafka } = await filled(24, [0, 1, 2]);
        const ranges = drawn.map(({ from, length }, partition) => rangeOf(from, from + length, partition));
        for (const [partition, { removed }] of drawn.entries()) broker.truncate(topic, partition, removed);
        const slices = await slicesOf(kafka, ranges, { sliceRecords });
        for (const [partition, { from, to }] of ranges.entries()) {
          const own = slices.filter((slice) => slice.partition === partition);
          const first = Math.max(from, Math.min(to, drawn[partition]!.removed));
          expect(offsetsOf(slices, partition)).toEqual(Array.from({ length: to - first }, (_, n) => first + n));
          expect(own.reduce((sum, { lost }) => sum + lost, 0)).toBe(from === to ? 0 : first - from);
          expect(own.at(-1)?.nextOffset).toBe(from === to ? undefined : to);
          expect(own.every(({ records }) => records.length <= sliceRecords)).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('says what retention removed after the range was asked for, and goes on behind it', async () => {
    const { broker, kafka } = await filled(10);
    broker.truncate(topic, 0, 4);
    const slices = await slicesOf(kafka, [rangeOf(1, 10)]);
    expect(slices[0]).toMatchObject({ records: [], nextOffset: 4, lost: 3 });
    expect(offsetsOf(slices)).toEqual([4, 5, 6, 7, 8, 9]);
  });

  it('ends where retention has removed the whole range', async () => {
    const { broker, kafka } = await filled(10);
    broker.truncate(topic, 0, 8);
    expect(await slicesOf(kafka, [rangeOf(1, 6)])).toEqual([
      { topic, partition: 0, records: [], nextOffset: 6, lost: 5 },
    ]);
  });

  it('leaves out what is written after the range was asked for', async () => {
    const { kafka, producer } = await filled(3);
    const offsets: number[] = [];
    for await (const records of readPartition(kafka, topic, 0, AbortSignal.timeout(20_000))) {
      offsets.push(...records.map(({ offset }) => offset));
      await producer.send([{ topic, partition: 0, key: null, value: Buffer.from('later') }]);
    }
    expect(offsets).toEqual([0, 1, 2]);
  });

  it('ends behind what was aborted at the end of a range', async () => {
    const { kafka } = await filled(2);
    const transactional = await kafka.transactionalProducer('aborting');
    const transaction = transactional.begin();
    await transaction.send([{ topic, partition: 0, key: null, value: Buffer.from('never') }]);
    await transaction.abort();
    const [end = 0] = await kafka.admin.offsets(topic, 'last_stable');
    const slices = await slicesOf(kafka, [rangeOf(0, end)]);
    expect(offsetsOf(slices)).toEqual([0, 1]);
    expect(slices.at(-1)?.nextOffset).toBe(end);
  });

  it('reads no more of a range of which there is enough', async () => {
    const { kafka } = await filled(10, [0, 1]);
    const slices = await slicesOf(kafka, [rangeOf(0, 10, 0), rangeOf(0, 10, 1)], {
      maxBytesPerPartition: 1,
      enough: ({ records }) => records.length > 0,
    });
    expect([...new Set(slices.map(({ partition }) => partition))].sort()).toEqual([0, 1]);
    expect(slices).toHaveLength(2);
  });

  it('ends with the reason of an abort, so that a part is never taken for the whole', async () => {
    const { kafka } = await filled(10);
    const stop = new AbortController();
    const read = (async () => {
      for await (const _ of readRanges(kafka, [rangeOf(0, 10)], stop.signal, { maxBytesPerPartition: 1 })) {
        stop.abort(new Error('nobody waits'));
      }
    })();
    await expect(read).rejects.toThrow('nobody waits');
  });

  it('refuses a range that begins beyond the end of the log', async () => {
    const { kafka } = await filled(3);
    await expect(slicesOf(kafka, [rangeOf(7, 9)])).rejects.toBeInstanceOf(OffsetOutOfRangeError);
  });
});
