/**
 * The partition of a key: murmur2, as the Java client's default partitioner has it, so that records of ours and of
 * other tools with the same key meet in the same partition.
 */
export function partitionFor(key: string | Buffer, partitions: number): number {
  return (murmur2(typeof key === 'string' ? Buffer.from(key) : key) & 0x7fffffff) % partitions;
}

const multiplier = 0x5bd1e995;

/** 32-bit murmur2 with Kafka's seed (org.apache.kafka.common.utils.Utils.murmur2). */
function murmur2(data: Buffer): number {
  let hash = 0x9747b28c ^ data.length;
  let index = 0;
  for (; index + 4 <= data.length; index += 4) {
    let word = Math.imul(data.readInt32LE(index), multiplier);
    word ^= word >>> 24;
    hash = Math.imul(hash, multiplier) ^ Math.imul(word, multiplier);
  }
  const left = data.length - index;
  if (left === 3) hash ^= (data[index + 2] ?? 0) << 16;
  if (left >= 2) hash ^= (data[index + 1] ?? 0) << 8;
  if (left >= 1) hash = Math.imul(hash ^ (data[index] ?? 0), multiplier);
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return hash ^ (hash >>> 15);
}
