import type { Exchange } from 'kafkajs/src/network/connectionPool.js';
import { exchange } from './exchange.ts';

export interface ProduceRequest {
  readonly transactionalId: string | null;
  readonly timeoutMs: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly batch: Buffer }[];
  }[];
}

export interface ProducedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
}

const allInSyncReplicas = -1;

/** Produce version 7, with batches that are encoded already: only then is their size known before anything is sent. */
export function produce(request: ProduceRequest): Exchange<{ readonly partitions: readonly ProducedPartition[] }> {
  return exchange({
    apiKey: 0,
    apiName: 'Produce',
    apiVersion: 7,
    flexible: false,
    write: (to) => {
      to.string(request.transactionalId).int16(allInSyncReplicas).int32(request.timeoutMs);
      to.array(request.topics, ({ topic, partitions }) => {
        to.string(topic);
        to.array(partitions, ({ partition, batch }) => to.int32(partition).bytes(batch));
      });
    },
    read: (from) => {
      const partitions: ProducedPartition[] = [];
      from.array(() => {
        const topic = from.string() ?? '';
        from.array(() => {
          partitions.push({ topic, partition: from.int32(), errorCode: from.int16() });
          const [baseOffset, logAppendTime, logStartOffset] = [8, 8, 8];
          from.take(baseOffset + logAppendTime + logStartOffset);
        });
      });
      return { clientSideThrottleTime: from.int32(), partitions };
    },
  });
}
