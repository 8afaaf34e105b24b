import { describe, expect, test } from 'vitest';
import type { Compression } from '../compression.ts';
import type { OutgoingRecord } from '../kafka.ts';
import { decodeBatches } from './decode-batches.ts';
import { type BatchProducer, encodeBatch, encodeRecords } from './encode-batch.ts';
import { attributes, layout } from './record-batch.ts';

const plain: BatchProducer = { producerId: '7', producerEpoch: 0, transactional: false };
const transactional: BatchProducer = { producerId: '9', producerEpoch: 3, transactional: true };

function record(value: string | null, fields: Partial<OutgoingRecord> = {}): OutgoingRecord {
  return { topic: 't', partition: 0, key: null, value: value === null ? null : Buffer.from(value), ...fields };
}

async function batch(
  baseOffset: number,
  records: readonly OutgoingRecord[],
  producer = plain,
  compression: Compression = 'none',
): Promise<Buffer> {
  const bytes = await encodeBatch(encodeRecords(records, 5000), compression, producer, 0);
  bytes.writeBigInt64BE(BigInt(baseOffset), layout.baseOffset);
  return bytes;
}

/** A control batch, whose key holds the marker's version and type. */
async function marker(baseOffset: number, type: 'abort' | 'commit'): Promise<Buffer> {
  const key = Buffer.from([0, 0, 0, type === 'abort' ? 0 : 1]);
  const bytes = await batch(baseOffset, [record('', { key })], transactional);
  bytes.writeInt16BE(attributes.transactional | attributes.control, layout.attributes);
  return bytes;
}

describe('record batches', () => {
  test.each(['none', 'gzip', 'zstd'] as const)('come back as they were (%s)', async (compression) => {
    const sent = [
      record('first', { key: Buffer.from('k'), timestamp: 1_700_000_000_000 }),
      record(null, { timestamp: 0 }),
      record('x'.repeat(70), { headers: { project: 'ü', empty: '' }, timestamp: 1_800_000_000_000 }),
      record('y'.repeat(100_000)),
      record(''),
    ];
    const { records, nextOffset } = await decodeBatches(await batch(40, sent, plain, compression), 40, []);
    expect(nextOffset).toBe(45);
    expect(records.map(({ offset, timestamp }) => [offset, timestamp])).toEqual([
      [40, 1_700_000_000_000],
      [41, 0],
      [42, 1_800_000_000_000],
      [43, 5000],
      [44, 5000],
    ]);
    expect(records.map(({ key }) => key?.toString())).toEqual(['k', undefined, undefined, undefined, undefined]);
    expect(records.map(({ value }) => value)).toEqual(sent.map(({ value }) => value));
    expect(Object.fromEntries(records[2]!.headers)).toEqual({ project: Buffer.from('ü'), empty: Buffer.alloc(0) });
  });

  test('are read from the middle, and not beyond one that is cut short', async () => {
    const bytes = Buffer.concat([await batch(0, [record('a'), record('b')]), await batch(2, [record('c')])]);
    const { records, nextOffset } = await decodeBatches(bytes.subarray(0, -1), 1, []);
    expect(records.map(({ value }) => String(value))).toEqual(['b']);
    expect(nextOffset).toBe(2);
  });

  test('without records, as compaction leaves them, still move the position', async () => {
    const empty = await batch(10, [record('gone'), record('gone too')]);
    const header = Buffer.from(empty.subarray(0, layout.records));
    header.writeInt32BE(header.length - layout.leaderEpoch, layout.batchLength);
    header.writeInt32BE(0, layout.recordCount);
    expect(await decodeBatches(header, 10, [])).toEqual({ records: [], nextOffset: 12 });
  });

  test('of an aborted transaction are hidden until its marker, and no longer', async () => {
    const bytes = Buffer.concat([
      await batch(0, [record('aborted')], transactional),
      await batch(1, [record('beside it')]),
      await marker(2, 'abort'),
      await batch(3, [record('committed')], transactional),
      await marker(4, 'commit'),
    ]);
    const { records, nextOffset } = await decodeBatches(bytes, 0, [{ producerId: 9n, firstOffset: 0 }]);
    expect(records.map(({ value }) => String(value))).toEqual(['beside it', 'committed']);
    expect(nextOffset).toBe(5);
  });

  test('of a compression that Node lacks are refused with what to do', async () => {
    const bytes = await batch(0, [record('a')]);
    bytes.writeInt16BE(3, layout.attributes);
    await expect(decodeBatches(bytes, 0, [])).rejects.toMatchObject({ code: 'kafka.unsupported_compression' });
  });
});
