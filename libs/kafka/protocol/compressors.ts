import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { lz4Compress, lz4Decompress, snappyCompress, snappyDecompress } from '@platformatic/wasm-utils';
import type { Compression } from '../compression.ts';

/** A record batch's compression bits (KIP-98's format), by name. */
const codes = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const satisfies Record<Compression, number>;

/** No batch that any producer of ours makes comes near it; what claims to be larger is broken or hostile. */
const maxDecompressedBytes = 512 * 1024 * 1024;

const zstd = promisify(zlib.zstdCompress);
/** A tenth of the normaliser's time goes into compression at level 3, half of that at level 1, for a few more bytes. */
const zstdOptions = { params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 } };
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
      return inThreadPool ? zstd(records, zstdOptions) : zlib.zstdCompressSync(records, zstdOptions);
    case 'gzip':
      return inThreadPool ? gzip(records) : zlib.gzipSync(records);
    case 'snappy':
      return snappyCompress(records);
    case 'lz4':
      return lz4Compress(records);
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
      return records.subarray(0, xerialMagic.length).equals(xerialMagic)
        ? Buffer.concat(xerialBlocks(records).map((block) => snappyDecompress(block)))
        : snappyDecompress(records);
    case codes.lz4:
      return lz4Decompress(records);
    default:
      throw new RangeError(`compression ${code} is unknown`);
  }
}

/** What Java clients put before snappy data, which they write in blocks. */
const xerialMagic = Buffer.from([0x82, ...Buffer.from('SNAPPY'), 0]);
/** The magic and two version numbers. */
const xerialHeaderBytes = 16;

function xerialBlocks(records: Buffer): Buffer[] {
  const blocks: Buffer[] = [];
  for (let at = xerialHeaderBytes; at < records.length; ) {
    const start = at + 4;
    at = start + records.readUInt32BE(at);
    if (at > records.length) throw new RangeError('a snappy block is cut short');
    blocks.push(records.subarray(start, at));
  }
  return blocks;
}
