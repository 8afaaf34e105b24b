import crc32C from 'kafkajs/src/protocol/recordBatch/crc32C/index.js';
import type { Compression } from '../compression.ts';
import type { OutgoingRecord } from '../kafka.ts';
import { compress, compressionId } from './compress.ts';
import { attributes, crcCoversFrom, layout, lengthCountsFrom, magic } from './record-batch.ts';

/** Who writes a batch, so that the broker can tell a repetition from a new one (KIP-98). */
export interface BatchProducer {
  readonly producerId: string;
  readonly producerEpoch: number;
  readonly transactional: boolean;
}

/** The records of one batch in their wire form, not yet compressed. */
export interface RawBatch {
  readonly count: number;
  readonly bytes: Buffer;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
}

/** The most a record takes beside key, value and headers: six variable-length numbers and the attributes. */
const recordOverhead = 40;

/** An upper bound of a record's size in a batch, bytes. */
export function maxRecordSize({ key, value, headers }: OutgoingRecord): number {
  let bytes = recordOverhead + (key?.length ?? 0) + (value?.length ?? 0);
  if (headers) for (const name in headers) bytes += 10 + 3 * (name.length + headers[name]!.length);
  return bytes;
}

/** @param now the time of records that bring none, milliseconds since the epoch. */
export function encodeRecords(records: readonly OutgoingRecord[], now: number): RawBatch {
  const baseTimestamp = records[0]?.timestamp ?? now;
  let maxTimestamp = baseTimestamp;
  let room = 0;
  for (const record of records) room += maxRecordSize(record);
  const writer = new RecordWriter(Buffer.allocUnsafe(room));
  for (const [index, record] of records.entries()) {
    const timestamp = record.timestamp ?? now;
    if (timestamp > maxTimestamp) maxTimestamp = timestamp;
    writer.record(record, index, timestamp - baseTimestamp);
  }
  return { count: records.length, bytes: writer.written(), baseTimestamp, maxTimestamp };
}

/** A whole record batch, compressed where that makes it smaller. */
export async function encodeBatch(
  raw: RawBatch,
  compression: Compression,
  producer: BatchProducer,
  baseSequence: number,
): Promise<Buffer> {
  const compressed = await compress(compression, raw.bytes);
  const smaller = compressed.length < raw.bytes.length;
  const body = smaller ? compressed : raw.bytes;
  const batch = Buffer.allocUnsafe(layout.records + body.length);
  batch.writeBigInt64BE(0n, layout.baseOffset);
  batch.writeInt32BE(batch.length - lengthCountsFrom, layout.batchLength);
  batch.writeInt32BE(-1, layout.leaderEpoch);
  batch.writeInt8(magic, layout.magic);
  const flags = (smaller ? compressionId(compression) : 0) | (producer.transactional ? attributes.transactional : 0);
  batch.writeInt16BE(flags, layout.attributes);
  batch.writeInt32BE(raw.count - 1, layout.lastOffsetDelta);
  batch.writeBigInt64BE(BigInt(raw.baseTimestamp), layout.baseTimestamp);
  batch.writeBigInt64BE(BigInt(raw.maxTimestamp), layout.maxTimestamp);
  batch.writeBigInt64BE(BigInt(producer.producerId), layout.producerId);
  batch.writeInt16BE(producer.producerEpoch, layout.producerEpoch);
  batch.writeInt32BE(baseSequence, layout.baseSequence);
  batch.writeInt32BE(raw.count, layout.recordCount);
  body.copy(batch, layout.records);
  batch.writeUInt32BE(crc32C(batch.subarray(crcCoversFrom)), layout.crc);
  return batch;
}

/** Writes records one behind the other into a buffer that has room for them. */
class RecordWriter {
  readonly #bytes: Buffer;
  #end = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  written(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }

  record({ key, value, headers }: OutgoingRecord, offsetDelta: number, timestampDelta: number): void {
    const lengthAt = this.#end;
    // The length goes before a body whose size is known only afterwards; most take two bytes, so move when it does not.
    this.#end += 2;
    const bodyAt = this.#end;
    this.#bytes[this.#end++] = 0;
    this.#varint(timestampDelta);
    this.#varint(offsetDelta);
    this.#nullable(key);
    this.#nullable(value);
    const entries = headers ? Object.entries(headers) : [];
    this.#varint(entries.length);
    for (const [name, text] of entries) {
      this.#text(name);
      this.#text(text);
    }
    const length = this.#end - bodyAt;
    const lengthSize = varintSize(length);
    if (lengthSize !== 2) this.#bytes.copyWithin(lengthAt + lengthSize, bodyAt, this.#end);
    this.#end = lengthAt;
    this.#varint(length);
    this.#end += length;
  }

  #nullable(value: Buffer | null): void {
    if (value === null) {
      this.#varint(-1);
      return;
    }
    this.#varint(value.length);
    value.copy(this.#bytes, this.#end);
    this.#end += value.length;
  }

  #text(value: string): void {
    this.#varint(Buffer.byteLength(value));
    this.#end += this.#bytes.write(value, this.#end, 'utf8');
  }

  /** Zigzag, for any integer below 2^52. */
  #varint(value: number): void {
    let rest = value < 0 ? -value * 2 - 1 : value * 2;
    while (rest >= 0x80) {
      this.#bytes[this.#end++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#end++] = rest;
  }
}

/** The size of a length, bytes. */
function varintSize(length: number): number {
  let bytes = 1;
  for (let rest = length * 2; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}
