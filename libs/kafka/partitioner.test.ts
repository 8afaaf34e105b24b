import { expect, test } from 'vitest';
import { partitionFor } from './partitioner.ts';

/** Hashes that Apache Kafka's own UtilsTest holds its murmur2 to, as `(hash & 0x7fffffff) % partitions`. */
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
])('%s goes where the Java client puts it', (key, hash) => {
  for (const partitions of [1, 2, 3, 6, 12, 100, 2 ** 31 - 1]) {
    const expected = (hash & 0x7fffffff) % partitions;
    expect(partitionFor(key, partitions)).toBe(expected);
    expect(partitionFor(Buffer.from(key), partitions)).toBe(expected);
  }
});

test('keys of bytes that are no text, and the empty key, have a partition', () => {
  const keys = [Buffer.from([97, 98, 99]), Buffer.from([0xff, 0x80, 0, 1, 0xc3]), Buffer.alloc(0)];
  expect(partitionFor(keys[0] as Buffer, 2 ** 31 - 1)).toBe((479470107 & 0x7fffffff) % (2 ** 31 - 1));
  for (const key of keys) {
    const partition = partitionFor(key, 7);
    expect(Number.isInteger(partition) && partition >= 0 && partition < 7).toBe(true);
  }
});

test('the partitioner spreads keys over all partitions', () => {
  const counts = new Array<number>(6).fill(0);
  for (let n = 0; n < 6000; n++) {
    const partition = partitionFor(`conn_${n}`, 6);
    counts[partition] = (counts[partition] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(850);
});
