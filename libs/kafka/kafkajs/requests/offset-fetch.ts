import type { Exchange } from 'kafkajs/src/network/connectionPool.js';
import { exchange } from './exchange.ts';

export interface CommittedOffset {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  /** -1 when nothing was committed. */
  readonly offset: number;
}

/**
 * OffsetFetch version 7, asking for stable offsets: while a transaction that commits an offset is pending the coordinator
 * answers UNSTABLE_OFFSET_COMMIT instead of the offset before it (KIP-447). It does so only for partitions that are
 * named: asked for all of a group's, it leaves out those that have nothing but a pending one.
 */
export function offsetFetch(
  groupId: string,
  topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
): Exchange<{
  readonly errorCode: number;
  readonly offsets: readonly CommittedOffset[];
}> {
  return exchange({
    apiKey: 9,
    apiName: 'OffsetFetch',
    apiVersion: 7,
    flexible: true,
    write: (to) => {
      to.compactString(groupId);
      to.compactArray(topics, ({ topic, partitions }) => {
        to.compactString(topic);
        to.compactArray(partitions, (partition) => to.int32(partition)).noTags();
      });
      const requireStable = true;
      to.boolean(requireStable).noTags();
    },
    read: (from) => {
      const throttleTimeMs = from.int32();
      const offsets: CommittedOffset[] = [];
      from.compactArray(() => {
        const topic = from.compactString() ?? '';
        from.compactArray(() => {
          const partition = from.int32();
          const offset = from.int64();
          from.int32();
          from.compactString();
          offsets.push({ topic, partition, offset, errorCode: from.int16() });
          from.skipTags();
        });
        from.skipTags();
      });
      return { clientSideThrottleTime: throttleTimeMs, errorCode: from.int16(), offsets };
    },
  });
}
