import { crc32c } from '@platformatic/wasm-utils';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { FetchedRecord } from '../kafka.ts';
import { ByteReader } from './byte-reader.ts';
import { decompress } from './compressors.ts';
import { batchHeaderBytes } from './record-encoding.ts';

/** An aborted transaction as a fetch reports it: its producer's records from this offset to its marker are void. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

/** What a broker sent of one partition's log: whole batches, of which the last may be cut short. */
export interface FetchedLog {
  readonly bytes: Buffer;
  readonly aborted: readonly AbortedTransaction[];
}

/**
 * Reads stored batches one after the other, leaving out what was aborted, control records, and what lies before the
 * position.
 */
export class LogReader {
  readonly #bytes: Buffer;
  readonly #aborted: AbortedTransaction[];
  readonly #abortedProducers = new Set<number>();
  #at = 0;

  constructor({ bytes, aborted }: FetchedLog) {
    this.#bytes = bytes;
    this.#aborted = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
  }

  /** Whether a whole batch is left. */
  get hasMore(): boolean {
    const left = this.#bytes.length - this.#at;
    return left >= batchHeaderBytes && left >= 12 + this.#bytes.readInt32BE(this.#at + 8);
  }

  /**
   * Appends the next batch's records from `position` on to `into`.
   * @returns the offset behind the batch.
   * @throws TailraceError when it is not what a broker stored.
   */
  next(position: number, into: FetchedRecord[]): number {
    const start = this.#at;
    const header = readHeader(this.#bytes, start);
    this.#at = start + header.size;
    const nextOffset = header.lastOffset + 1;
    while (this.#aborted.length > 0 && (this.#aborted[0] as AbortedTransaction).firstOffset <= header.lastOffset) {
      this.#abortedProducers.add((this.#aborted.shift() as AbortedTransaction).producerId);
    }
    if (header.control) {
      if (this.#endsInAbort(start)) this.#abortedProducers.delete(header.producerId);
      return nextOffset;
    }
    if (header.transactional && this.#abortedProducers.has(header.producerId)) return nextOffset;
    if (nextOffset <= position) return nextOffset;
    const stored = this.#bytes.subarray(start + batchHeaderBytes, start + header.size);
    try {
      readRecords(decompress(header.compression, stored), header, position, into);
    } catch (error) {
      throw corrupt(`the batch at offset ${header.firstOffset} cannot be read`, error);
    }
    return nextOffset;
  }

  /** A control batch holds one record whose key is (version, type); type 0 is an abort marker. */
  #endsInAbort(start: number): boolean {
    const reader = new ByteReader(this.#bytes, start + batchHeaderBytes);
    reader.varint();
    reader.int8();
    reader.varint();
    reader.varint();
    const key = reader.varintBytes();
    return key !== null && key.length >= 4 && key.readInt16BE(2) === 0;
  }
}

interface BatchHeader {
  /** Bytes of the whole batch. */
  readonly size: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly compression: number;
  readonly transactional: boolean;
  readonly control: boolean;
  readonly firstTimestamp: number;
  /** Set when the broker's time of appending stands for every record's own. */
  readonly appendTime: number | undefined;
  readonly producerId: number;
  readonly count: number;
}

function readHeader(bytes: Buffer, start: number): BatchHeader {
  const reader = new ByteReader(bytes, start);
  const firstOffset = reader.int64();
  const size = 12 + reader.int32();
  reader.int32();
  const magic = reader.int8();
  if (magic !== 2) throw corrupt(`the batch at offset ${firstOffset} has format ${magic}; only 2 is known`);
  const checksum = bytes.readUInt32BE(start + 17);
  if (crc32c(bytes.subarray(start + 21, start + size)) !== checksum) {
    throw corrupt(`the batch at offset ${firstOffset} does not have its checksum`);
  }
  reader.position = start + 21;
  const attributes = reader.int16();
  const lastOffset = firstOffset + reader.int32();
  const firstTimestamp = reader.int64();
  const maxTimestamp = reader.int64();
  const producerId = reader.int64();
  reader.position = start + 57;
  return {
    size,
    firstOffset,
    lastOffset,
    compression: attributes & 0x07,
    transactional: (attributes & 0x10) !== 0,
    control: (attributes & 0x20) !== 0,
    firstTimestamp,
    appendTime: (attributes & 0x08) === 0 ? undefined : maxTimestamp,
    producerId,
    count: reader.int32(),
  };
}

function readRecords(bytes: Buffer, header: BatchHeader, position: number, into: FetchedRecord[]): void {
  const reader = new ByteReader(bytes);
  for (let index = 0; index < header.count; index++) {
    const length = reader.varint();
    const end = reader.position + length;
    reader.position++;
    const timestampDelta = reader.varint();
    const timestamp = header.appendTime ?? header.firstTimestamp + timestampDelta;
    const offset = header.firstOffset + reader.varint();
    if (offset >= position) {
      const key = reader.varintBytes();
      const value = reader.varintBytes();
      into.push({ offset, timestamp, key, value, headers: readHeaders(reader) });
    }
    reader.position = end;
  }
}

const noHeaders: ReadonlyMap<string, Buffer> = new Map();
const empty = Buffer.alloc(0);

function readHeaders(reader: ByteReader): ReadonlyMap<string, Buffer> {
  const count = reader.varint();
  if (count <= 0) return noHeaders;
  const headers = new Map<string, Buffer>();
  for (let index = 0; index < count; index++) {
    const name = headerName(reader.varintBytes() ?? empty);
    headers.set(name, reader.varintBytes() ?? empty);
  }
  return headers;
}

const names: { readonly bytes: Buffer; readonly name: string }[] = [];

/** The same few names come with every record: comparing bytes with one seen lately is cheaper than decoding them. */
function headerName(bytes: Buffer): string {
  for (const known of names) if (known.bytes.equals(bytes)) return known.name;
  const name = bytes.toString();
  names.unshift({ bytes: Buffer.from(bytes), name });
  if (names.length > 8) names.pop();
  return name;
}

function corrupt(message: string, cause?: unknown): TailraceError {
  return new TailraceError(message, {
    code: 'kafka.corrupt_batch',
    remedy: 'reconnect',
    help: 'If it happens again at the same offset, the log on the broker is damaged.',
    cause,
  });
}
