import { crc32c } from '@platformatic/wasm-utils';
import { describe, expect, test } from 'vitest';
import type { Compression } from '../compression.ts';
import type { FetchedRecord, OutgoingRecord } from '../kafka.ts';
import { type AbortedTransaction, LogReader } from './record-decoding.ts';
import { type BatchOrigin, batchHeaderBytes, encodeRecords, sealBatch } from './record-encoding.ts';

const plain: BatchOrigin = { producerId: 7n, epoch: 0, firstSequence: 0, transactional: false };
const transactional: BatchOrigin = { producerId: 9n, epoch: 3, firstSequence: 0, transactional: true };
/** Where things are in a batch, bytes from its start (KIP-98). */
const at = { length: 8, crc: 17, attributes: 21, recordCount: 57 };
const controlBit = 0x20;

function record(value: string | null, fields: Partial<OutgoingRecord> = {}): OutgoingRecord {
  return { topic: 't', partition: 0, key: null, value: value === null ? null : Buffer.from(value), ...fields };
}

async function batch(
  baseOffset: number,
  records: readonly OutgoingRecord[],
  origin = plain,
  compression: Compression = 'none',
): Promise<Buffer> {
  const bytes = sealBatch(await encodeRecords(records, compression, 5000), origin);
  bytes.writeBigInt64BE(BigInt(baseOffset), 0);
  return bytes;
}

/** A batch that somebody else changed and sealed again. */
function changed(bytes: Buffer, change: (bytes: Buffer) => void): Buffer {
  change(bytes);
  bytes.writeUInt32BE(crc32c(bytes.subarray(at.attributes)), at.crc);
  return bytes;
}

/** A control batch, whose key holds the marker's version and type. */
async function marker(baseOffset: number, type: 'abort' | 'commit'): Promise<Buffer> {
  const key = Buffer.from([0, 0, 0, type === 'abort' ? 0 : 1]);
  const bytes = await batch(baseOffset, [record('', { key })], transactional);
  return changed(bytes, () => bytes.writeInt16BE(bytes.readInt16BE(at.attributes) | controlBit, at.attributes));
}

function read(bytes: Buffer, position: number, aborted: readonly AbortedTransaction[] = []) {
  const log = new LogReader({ bytes, aborted });
  const records: FetchedRecord[] = [];
  let nextOffset = position;
  while (log.hasMore) nextOffset = log.next(position, records);
  return { records, nextOffset };
}

describe('record batches', () => {
  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)('come back as they were (%s)', async (compression) => {
    const sent = [
      record('first', { key: Buffer.from('k'), timestamp: 1_700_000_000_000 }),
      record(null, { timestamp: 0 }),
      record('x'.repeat(70), { headers: { project: 'ü', empty: '' }, timestamp: 1_800_000_000_000 }),
      record('y'.repeat(100_000)),
      record(''),
    ];
    const { records, nextOffset } = read(await batch(40, sent, plain, compression), 40);
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
    const { records, nextOffset } = read(bytes.subarray(0, -1), 1);
    expect(records.map(({ value }) => String(value))).toEqual(['b']);
    expect(nextOffset).toBe(2);
  });

  test('without records, as compaction leaves them, still move the position', async () => {
    const full = await batch(10, [record('gone'), record('gone too')]);
    const header = changed(Buffer.from(full.subarray(0, batchHeaderBytes)), (bytes) => {
      bytes.writeInt32BE(bytes.length - 12, at.length);
      bytes.writeInt32BE(0, at.recordCount);
    });
    expect(read(header, 10)).toEqual({ records: [], nextOffset: 12 });
  });

  test('of an aborted transaction are hidden until its marker, and no longer', async () => {
    const bytes = Buffer.concat([
      await batch(0, [record('aborted')], transactional),
      await batch(1, [record('beside it')]),
      await marker(2, 'abort'),
      await batch(3, [record('committed')], transactional),
      await marker(4, 'commit'),
    ]);
    const { records, nextOffset } = read(bytes, 0, [{ producerId: 9, firstOffset: 0 }]);
    expect(records.map(({ value }) => String(value))).toEqual(['beside it', 'committed']);
    expect(nextOffset).toBe(5);
  });

  test('in the blocks that Java writes snappy in are read', async () => {
    const first = await batch(0, [record('a'.repeat(500))], plain, 'snappy');
    const block = first.subarray(batchHeaderBytes);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(block.length);
    const magic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
    const bytes = changed(Buffer.concat([first.subarray(0, batchHeaderBytes), magic, length, block]), (whole) =>
      whole.writeInt32BE(whole.length - 12, at.length),
    );
    expect(read(bytes, 0).records.map(({ value }) => value?.length)).toEqual([500]);
  });

  test('that were damaged on the way are refused', async () => {
    const bytes = await batch(3, [record('intact')]);
    bytes[bytes.length - 1]! ^= 1;
    expect(() => read(bytes, 3)).toThrow('checksum');
  });
});
