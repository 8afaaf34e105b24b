import type { Exchange } from 'kafkajs/src/network/connectionPool.js';
import { exchange } from './exchange.ts';

export interface CreateTopicsRequest {
  readonly timeoutMs: number;
  readonly topics: readonly {
    readonly name: string;
    readonly partitions: number;
    /** -1: the broker's `default.replication.factor`. */
    readonly replicationFactor: number;
    readonly config: Readonly<Record<string, string>>;
  }[];
}

interface CreatedTopic {
  readonly name: string;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

/** CreateTopics version 4, the first that knows the broker's default replication factor; kafkajs stops at 3. */
export function createTopics(request: CreateTopicsRequest): Exchange<{ readonly topics: readonly CreatedTopic[] }> {
  return exchange({
    apiKey: 19,
    apiName: 'CreateTopics',
    apiVersion: 4,
    flexible: false,
    write: (to) => {
      to.array(request.topics, ({ name, partitions, replicationFactor, config }) => {
        to.string(name).int32(partitions).int16(replicationFactor);
        to.array([], () => undefined);
        to.array(Object.entries(config), ([key, value]) => to.string(key).string(value));
      });
      const validateOnly = false;
      to.int32(request.timeoutMs).boolean(validateOnly);
    },
    read: (from) => ({
      clientSideThrottleTime: from.int32(),
      topics: from.array(() => ({
        name: from.string() ?? '',
        errorCode: from.int16(),
        errorMessage: from.string(),
      })),
    }),
  });
}
