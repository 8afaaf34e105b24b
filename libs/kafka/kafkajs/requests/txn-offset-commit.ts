import type { Exchange } from 'kafkajs/src/network/connectionPool.js';
import { exchange } from './exchange.ts';

export interface TxnOffsetCommitRequest {
  readonly transactionalId: string;
  readonly producerId: string;
  readonly producerEpoch: number;
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly offset: number }[];
  }[];
}

/**
 * TxnOffsetCommit version 3, which identifies the committing member to the coordinator: it rejects a member of an earlier generation
 * (KIP-447). kafkajs stops at version 1 and has a stale member's offsets accepted.
 */
export function txnOffsetCommit(request: TxnOffsetCommitRequest): Exchange<{ readonly errorCodes: readonly number[] }> {
  return exchange({
    apiKey: 28,
    apiName: 'TxnOffsetCommit',
    apiVersion: 3,
    flexible: true,
    write: (to) => {
      to.compactString(request.transactionalId).compactString(request.groupId);
      to.int64(BigInt(request.producerId)).int16(request.producerEpoch);
      to.int32(request.generationId).compactString(request.memberId).compactString(null);
      to.compactArray(request.topics, ({ topic, partitions }) => {
        to.compactString(topic);
        to.compactArray(partitions, ({ partition, offset }) => {
          const leaderEpoch = -1;
          to.int32(partition).int64(offset).int32(leaderEpoch).compactString('').noTags();
        });
        to.noTags();
      });
      to.noTags();
    },
    read: (from) => {
      const throttleTimeMs = from.int32();
      const errorCodes: number[] = [];
      from.compactArray(() => {
        from.compactString();
        from.compactArray(() => {
          from.int32();
          errorCodes.push(from.int16());
          from.skipTags();
        });
        from.skipTags();
      });
      return { clientSideThrottleTime: throttleTimeMs, errorCodes };
    },
  });
}
