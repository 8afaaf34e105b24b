import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { FetchedRecord } from '../kafka.ts';
import { ByteReader } from './byte-reader.ts';
import { decompress } from './compress.ts';
import { attributes, layout, lengthCountsFrom, magic } from './record-batch.ts';
import type { AbortedTransaction } from './requests/fetch.ts';

interface Decoded {
  readonly records: readonly FetchedRecord[];
  /** Beyond the last complete batch, whatever of it is visible. */
  readonly nextOffset: number;
}

const noHeaders: ReadonlyMap<string, Buffer> = new Map();
/** The type in a control record's key (KIP-98). */
const abortMarker = 0;

/**
 * The committed records of fetched batches, from an offset on. The broker sends aborted data too and lists the aborted
 * transactions; control records end them and are seen by nobody.
 */
export async function decodeBatches(
  bytes: Buffer,
  fromOffset: number,
  abortedTransactions: readonly AbortedTransaction[],
): Promise<Decoded> {
  const records: FetchedRecord[] = [];
  const aborted = new AbortedProducers(abortedTransactions);
  let nextOffset = fromOffset;
  for (let start = 0; start + layout.records <= bytes.length; ) {
    const end = start + lengthCountsFrom + bytes.readInt32BE(start + layout.batchLength);
    // The broker cuts the last batch off where its answer is full.
    if (end > bytes.length) break;
    const batch = readHeader(bytes.subarray(start, end));
    start = end;
    aborted.reach(batch.lastOffset);
    nextOffset = Math.max(nextOffset, batch.lastOffset + 1);
    if (batch.control) await aborted.control(batch);
    else if (!(batch.transactional && aborted.has(batch.producerId))) await readRecords(batch, fromOffset, records);
  }
  return { records, nextOffset };
}

interface Batch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly producerId: bigint;
  readonly control: boolean;
  readonly transactional: boolean;
  readonly compression: number;
  readonly baseTimestamp: number;
  /** The time of all its records, where the topic keeps the time of appending. */
  readonly appendedAt: number | undefined;
  readonly count: number;
  readonly body: Buffer;
}

function readHeader(bytes: Buffer): Batch {
  const reader = new ByteReader(bytes);
  const baseOffset = reader.integer();
  if (bytes.readInt8(layout.magic) !== magic) {
    throw new TailraceError(`the batch at offset ${baseOffset} has a format from before Kafka 0.11`, {
      code: 'kafka.unsupported_record_format',
      remedy: 'give-up',
      help: 'Delete the topic or let Kafka rewrite it.',
    });
  }
  const flags = bytes.readInt16BE(layout.attributes);
  const integer = (at: number) => new ByteReader(bytes, at).integer();
  return {
    baseOffset,
    lastOffset: baseOffset + bytes.readInt32BE(layout.lastOffsetDelta),
    producerId: bytes.readBigInt64BE(layout.producerId),
    control: (flags & attributes.control) !== 0,
    transactional: (flags & attributes.transactional) !== 0,
    compression: flags & attributes.compressionMask,
    baseTimestamp: integer(layout.baseTimestamp),
    appendedAt: (flags & attributes.logAppendTime) === 0 ? undefined : integer(layout.maxTimestamp),
    count: bytes.readInt32BE(layout.recordCount),
    body: bytes.subarray(layout.records),
  };
}

async function readRecords(batch: Batch, fromOffset: number, into: FetchedRecord[]): Promise<void> {
  const body = batch.compression === 0 ? batch.body : await decompress(batch.compression, batch.body);
  const reader = new ByteReader(body);
  for (let left = batch.count; left > 0; left -= 1) {
    const length = reader.varint();
    const end = reader.offset + length;
    reader.int8();
    const timestamp = batch.baseTimestamp + reader.varint();
    const offset = batch.baseOffset + reader.varint();
    if (offset >= fromOffset) {
      into.push({
        offset,
        timestamp: batch.appendedAt ?? timestamp,
        key: nullable(reader),
        value: nullable(reader),
        headers: headers(reader),
      });
    }
    reader.skip(end - reader.offset);
  }
}

function nullable(reader: ByteReader): Buffer | null {
  const length = reader.varint();
  return length < 0 ? null : reader.raw(length);
}

function headers(reader: ByteReader): ReadonlyMap<string, Buffer> {
  const count = reader.varint();
  if (count === 0) return noHeaders;
  const found = new Map<string, Buffer>();
  for (let left = count; left > 0; left -= 1) {
    const name = reader.text(reader.varint());
    found.set(name, nullable(reader) ?? Buffer.alloc(0));
  }
  return found;
}

/** Whose data is aborted at the place that has been reached. */
class AbortedProducers {
  readonly #ahead: AbortedTransaction[];
  readonly #open = new Set<bigint>();

  constructor(transactions: readonly AbortedTransaction[]) {
    this.#ahead = transactions.toSorted((left, right) => left.firstOffset - right.firstOffset);
  }

  reach(offset: number): void {
    while (this.#ahead[0] && this.#ahead[0].firstOffset <= offset) this.#open.add(this.#ahead.shift()!.producerId);
  }

  has(producerId: bigint): boolean {
    return this.#open.has(producerId);
  }

  async control(batch: Batch): Promise<void> {
    const markers: FetchedRecord[] = [];
    await readRecords(batch, batch.baseOffset, markers);
    for (const { key } of markers) if (key?.readInt16BE(2) === abortMarker) this.#open.delete(batch.producerId);
  }
}
