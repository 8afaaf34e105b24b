import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { compressionsAlgorithms } from '@platformatic/kafka';
import type { Compression } from '../compression.ts';

/** A record batch's compression bits (KIP-98's format), by name. */
const codes = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const satisfies Record<Compression, number>;

/** No batch that any producer of ours makes comes near it; what claims to be larger is broken or hostile. */
const maxDecompressedBytes = 512 * 1024 * 1024;

const zstd = promisify(zlib.zstdCompress);
const gzip = promisify(zlib.gzip);

export function compressionCode(compression: Compression): number {
  return codes[compression];
}

/** Compresses the records of one batch. The slow and common kinds run off the main thread when there is much to do. */
export async function compress(compression: Compression, records: Buffer): Promise<Buffer> {
  const inThreadPool = records.length >= 32 * 1024;
  switch (compression) {
    case 'none':
      return records;
    case 'zstd':
      return inThreadPool ? zstd(records) : zlib.zstdCompressSync(records);
    case 'gzip':
      return inThreadPool ? gzip(records) : zlib.gzipSync(records);
    case 'snappy':
    case 'lz4':
      return compressionsAlgorithms[compression].compressSync(records);
  }
}

/** @throws for a code that Kafka does not have, and for data that is not what its code says. */
export function decompress(code: number, records: Buffer): Buffer {
  switch (code) {
    case codes.none:
      return records;
    case codes.zstd:
      return zlib.zstdDecompressSync(records, { maxOutputLength: maxDecompressedBytes });
    case codes.gzip:
      return zlib.gunzipSync(records, { maxOutputLength: maxDecompressedBytes });
    case codes.snappy:
      return compressionsAlgorithms.snappy.decompressSync(records);
    case codes.lz4:
      return compressionsAlgorithms.lz4.decompressSync(records);
    default:
      throw new RangeError(`compression ${code} is unknown`);
  }
}
