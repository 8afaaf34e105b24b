import { type API, createAPI, fetchV13, type Reader } from '@platformatic/kafka';
import { ByteReader } from '../../protocol/byte-reader.ts';
import type { AbortedTransaction } from '../../protocol/record-decoding.ts';
import { BrokerRefusal } from '../failure.ts';

/** What a broker answers about one partition of a fetch. */
export interface FetchedPartition {
  /** The topic's UUID, as in its metadata. */
  readonly topicId: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly lastStableOffset: number;
  readonly aborted: readonly AbortedTransaction[];
  /** Stored batches as they are; the last may be cut short. */
  readonly bytes: Buffer;
}

const empty = Buffer.alloc(0);

/** Batches stay encoded: they are decoded when somebody wants them, by this driver's own leaner code. */
function parseResponse(_correlationId: number, _apiKey: number, _version: number, reader: Reader): FetchedPartition[] {
  const bytes = new ByteReader(reader.buffer.buffer);
  bytes.int32();
  const errorCode = bytes.int16();
  if (errorCode !== 0) throw BrokerRefusal.of(errorCode, 'fetching');
  bytes.int32();
  const found: FetchedPartition[] = [];
  bytes.compactArray(() => {
    const topicId = uuid(bytes.take(16));
    bytes.compactArray(() => found.push(readPartition(bytes, topicId)));
    bytes.skipTags();
  });
  return found;
}

function readPartition(bytes: ByteReader, topicId: string): FetchedPartition {
  const partition = bytes.int32();
  const errorCode = bytes.int16();
  bytes.int64();
  const lastStableOffset = bytes.int64();
  bytes.int64();
  const aborted = bytes.compactArray(() => {
    const transaction = { producerId: bytes.int64(), firstOffset: bytes.int64() };
    bytes.skipTags();
    return transaction;
  });
  bytes.int32();
  const records = bytes.compactBytes() ?? empty;
  bytes.skipTags();
  return { topicId, partition, errorCode, lastStableOffset, aborted, bytes: records };
}

function uuid(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Fetch by topic id (KIP-516): a topic made again under the same name is an error, not other data. */
export const fetchPartitions: API<Parameters<typeof fetchV13.createRequest>, FetchedPartition[]> = createAPI(
  1,
  13,
  fetchV13.createRequest,
  parseResponse,
);
