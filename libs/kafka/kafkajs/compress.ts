import { promisify } from 'node:util';
import {
  gunzip,
  gunzipSync,
  gzip,
  gzipSync,
  zstdCompress,
  zstdCompressSync,
  zstdDecompress,
  zstdDecompressSync,
} from 'node:zlib';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { Compression } from '../compression.ts';

interface Codec {
  readonly id: number;
  compress(bytes: Buffer): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

/** Below this a thread of its own costs more than it saves, bytes. */
const inlineBytes = 32 * 1024;
/** No batch of ours comes near this decompressed; a larger one is corrupt or hostile, bytes. */
const limits = { maxOutputLength: 256 * 1024 * 1024 };

const gzipAside = promisify(gzip);
const gunzipAside = promisify<Buffer, typeof limits, Buffer>(gunzip);
const zstdCompressAside = promisify(zstdCompress);
const zstdDecompressAside = promisify<Buffer, typeof limits, Buffer>(zstdDecompress);
const small = (bytes: Buffer) => bytes.length < inlineBytes;

const codecs: Readonly<Partial<Record<Compression, Codec>>> = {
  gzip: {
    id: 1,
    compress: async (bytes) => (small(bytes) ? gzipSync(bytes) : gzipAside(bytes)),
    decompress: async (bytes) => (small(bytes) ? gunzipSync(bytes, limits) : gunzipAside(bytes, limits)),
  },
  zstd: {
    id: 4,
    compress: async (bytes) => (small(bytes) ? zstdCompressSync(bytes) : zstdCompressAside(bytes)),
    decompress: async (bytes) =>
      small(bytes) ? zstdDecompressSync(bytes, limits) : zstdDecompressAside(bytes, limits),
  },
};

const names: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/** @throws TailraceError for a compression that Node does not have. */
export function compressionId(compression: Compression): number {
  return compression === 'none' ? 0 : codecOf(compression).id;
}

export async function compress(compression: Compression, bytes: Buffer): Promise<Buffer> {
  return compression === 'none' ? bytes : codecOf(compression).compress(bytes);
}

/** @param id the low three bits of a record batch's attributes. */
export async function decompress(id: number, bytes: Buffer): Promise<Buffer> {
  return id === 0 ? bytes : codecOf(names[id] ?? 'none').decompress(bytes);
}

function codecOf(compression: Compression): Codec {
  const codec = codecs[compression];
  if (codec) return codec;
  throw new TailraceError(`records compressed by ${compression} are not supported by the kafkajs driver`, {
    code: 'kafka.unsupported_compression',
    remedy: 'give-up',
    help: 'Use zstd, gzip or none, or KAFKA_CLIENT=platformatic.',
  });
}
