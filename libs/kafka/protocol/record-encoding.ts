import { crc32c } from '@platformatic/wasm-utils';
import type { Compression } from '../compression.ts';
import type { OutgoingRecord } from '../kafka.ts';
import { compress, compressionCode } from './compressors.ts';
import { varintSize, writeVarint } from './varint.ts';

/** Bytes of a record batch before its records (format of magic 2, KIP-98). */
export const batchHeaderBytes = 61;
/** Where the part begins that the checksum covers. */
const checkedFrom = 21;
const transactionalBit = 0x10;

/** Who writes a batch, and where in its sequence of records the batch stands. */
export interface BatchOrigin {
  readonly producerId: bigint;
  readonly epoch: number;
  readonly firstSequence: number;
  readonly transactional: boolean;
}

/** Records in the stored form, before they are given to a producer. */
export interface EncodedRecords {
  /** Compressed as `compression` says. */
  readonly bytes: Buffer;
  readonly compression: Compression;
  readonly count: number;
  readonly firstTimestamp: number;
  readonly maxTimestamp: number;
}

/** An upper bound of the bytes one record takes, uncompressed. */
export function recordBound({ key, value, headers }: OutgoingRecord): number {
  let bytes = 32 + (key?.length ?? 0) + (value?.length ?? 0);
  if (headers) for (const name in headers) bytes += 10 + 3 * (name.length + (headers[name] as string).length);
  return bytes;
}

/** Encodes and compresses records of one partition as one batch's content. */
export async function encodeRecords(
  records: readonly OutgoingRecord[],
  compression: Compression,
  now: number,
): Promise<EncodedRecords> {
  let bound = 0;
  for (const record of records) bound += recordBound(record);
  const target = Buffer.allocUnsafe(bound);
  const firstTimestamp = records[0]?.timestamp ?? now;
  let maxTimestamp = firstTimestamp;
  let position = 0;
  for (let index = 0; index < records.length; index++) {
    const record = records[index] as OutgoingRecord;
    const timestamp = record.timestamp ?? now;
    if (timestamp > maxTimestamp) maxTimestamp = timestamp;
    position = writeRecord(target, position, record, index, timestamp - firstTimestamp);
  }
  const bytes = await compress(compression, target.subarray(0, position));
  return { bytes, compression, count: records.length, firstTimestamp, maxTimestamp };
}

function writeRecord(
  target: Buffer,
  start: number,
  { key, value, headers }: OutgoingRecord,
  index: number,
  timestampDelta: number,
): number {
  const headerTexts = headers === undefined ? noTexts : textsOf(headers);
  let length = 1 + varintSize(timestampDelta) + varintSize(index) + sizeOfBytes(key) + sizeOfBytes(value);
  length += varintSize(headerTexts.length / 2);
  for (const text of headerTexts) length += varintSize(text.length) + text.length;
  let at = writeVarint(target, start, length);
  target[at++] = 0;
  at = writeVarint(target, at, timestampDelta);
  at = writeVarint(target, at, index);
  at = writeBytes(target, at, key);
  at = writeBytes(target, at, value);
  at = writeVarint(target, at, headerTexts.length / 2);
  for (const text of headerTexts) at = writeBytes(target, at, text);
  return at;
}

const noTexts: readonly Buffer[] = [];

/** Header names and values alternating. The same few come again and again, so short ones are kept encoded. */
function textsOf(headers: Readonly<Record<string, string>>): readonly Buffer[] {
  const texts: Buffer[] = [];
  for (const name in headers) texts.push(encodedText(name), encodedText(headers[name] as string));
  return texts;
}

const encodedTexts = new Map<string, Buffer>();

function encodedText(text: string): Buffer {
  const known = encodedTexts.get(text);
  if (known) return known;
  const encoded = Buffer.from(text);
  if (text.length > 64) return encoded;
  if (encodedTexts.size >= 4096) encodedTexts.clear();
  encodedTexts.set(text, encoded);
  return encoded;
}

function sizeOfBytes(bytes: Buffer | null): number {
  return bytes === null ? 1 : varintSize(bytes.length) + bytes.length;
}

function writeBytes(target: Buffer, start: number, bytes: Buffer | null): number {
  if (bytes === null) return writeVarint(target, start, -1);
  const at = writeVarint(target, start, bytes.length);
  target.set(bytes, at);
  return at + bytes.length;
}

/** Bytes of the whole batch. */
export function batchSize(records: EncodedRecords): number {
  return batchHeaderBytes + records.bytes.length;
}

/** Puts the batch header before encoded records. */
export function sealBatch(records: EncodedRecords, origin: BatchOrigin): Buffer {
  const batch = Buffer.allocUnsafe(batchHeaderBytes + records.bytes.length);
  batch.writeBigInt64BE(0n, 0);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt32BE(-1, 12);
  batch.writeInt8(2, 16);
  batch.writeInt16BE(compressionCode(records.compression) | (origin.transactional ? transactionalBit : 0), 21);
  batch.writeInt32BE(records.count - 1, 23);
  batch.writeBigInt64BE(BigInt(records.firstTimestamp), 27);
  batch.writeBigInt64BE(BigInt(records.maxTimestamp), 35);
  batch.writeBigInt64BE(origin.producerId, 43);
  batch.writeInt16BE(origin.epoch, 51);
  batch.writeInt32BE(origin.firstSequence, 53);
  batch.writeInt32BE(records.count, 57);
  batch.set(records.bytes, batchHeaderBytes);
  batch.writeUInt32BE(crc32c(batch.subarray(checkedFrom)), 17);
  return batch;
}
