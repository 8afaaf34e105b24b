import type { Exchange } from 'kafkajs/src/network/connectionPool.js';
import type { ByteReader } from '../../protocol/byte-reader.ts';
import type { FetchedLog } from '../../protocol/record-decoding.ts';
import { exchange } from './exchange.ts';

interface FetchPartition {
  readonly partition: number;
  readonly offset: number;
}

export interface FetchRequest {
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly maxBytesPerPartition: number;
  /** In the order in which the broker fills the answer. */
  readonly topics: readonly { readonly topicId: string; readonly partitions: readonly FetchPartition[] }[];
}

export interface FetchedPartition {
  readonly topicId: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly lastStableOffset: number;
  readonly log: FetchedLog;
}

const readCommitted = 1;
/** No fetch session (KIP-227): each request is complete. */
const noSession = { id: 0, epoch: -1 };

/**
 * Fetch version 13, which names topics by id (KIP-516): a topic that was deleted and made again is another one to the
 * broker too. kafkajs stops at version 11 and drops what its decoder reads of batches, among it where the next read
 * starts when compaction or an abort left a batch without records.
 */
export function fetch(request: FetchRequest): Exchange<{
  readonly errorCode: number;
  readonly partitions: readonly FetchedPartition[];
}> {
  return exchange({
    apiKey: 1,
    apiName: 'Fetch',
    apiVersion: 13,
    flexible: true,
    write: (to) => {
      const [consumer, minBytes, noRack] = [-1, 1, ''];
      to.int32(consumer).int32(request.maxWaitMs).int32(minBytes).int32(request.maxBytes).int8(readCommitted);
      to.int32(noSession.id).int32(noSession.epoch);
      to.compactArray(request.topics, ({ topicId, partitions }) => {
        to.uuid(topicId);
        to.compactArray(partitions, ({ partition, offset }) => {
          const [leaderEpoch, lastFetchedEpoch, logStart] = [-1, -1, -1];
          to.int32(partition).int32(leaderEpoch).int64(offset).int32(lastFetchedEpoch).int64(logStart);
          to.int32(request.maxBytesPerPartition).noTags();
        });
        to.noTags();
      });
      to.compactArray([], () => undefined);
      to.compactString(noRack).noTags();
    },
    read: (from) => {
      const throttleTimeMs = from.int32();
      const errorCode = from.int16();
      from.int32();
      const partitions: FetchedPartition[] = [];
      from.compactArray(() => {
        const topicId = from.uuid();
        from.compactArray(() => partitions.push(readPartition(from, topicId)));
        from.skipTags();
      });
      return { clientSideThrottleTime: throttleTimeMs, errorCode, partitions };
    },
  });
}

function readPartition(from: ByteReader, topicId: string): FetchedPartition {
  const partition = from.int32();
  const errorCode = from.int16();
  from.int64();
  const lastStableOffset = from.int64();
  from.int64();
  const aborted = from.compactArray(() => {
    const transaction = { producerId: from.int64(), firstOffset: from.int64() };
    from.skipTags();
    return transaction;
  });
  from.int32();
  const bytes = from.compactBytes() ?? Buffer.alloc(0);
  from.skipTags();
  return { topicId, partition, errorCode, lastStableOffset, log: { bytes, aborted } };
}
