import type { Exchange } from 'kafkajs/src/network/connectionPool.js';
import type { ByteReader } from '../../protocol/byte-reader.ts';
import type { Node } from '../connections.ts';
import { exchange } from './exchange.ts';

export interface TopicAnswer {
  readonly errorCode: number;
  readonly name: string;
  readonly id: string;
  /** Leader of each partition; -1 while there is none. */
  readonly leaders: readonly number[];
  /** Replicas of the partition that has the fewest. */
  readonly replicas: number;
  /** Node ids that have a replica which is not in sync. */
  readonly outOfSync: readonly number[];
}

export interface MetadataAnswer {
  readonly nodes: readonly Node[];
  readonly clusterId: string;
  readonly controllerId: number;
  readonly topics: readonly TopicAnswer[];
}

/** Metadata version 12: the first whose answers kafkajs cannot read and that carries topic ids (KIP-516). */
export function metadata(topics: readonly string[]): Exchange<MetadataAnswer> {
  return exchange({
    apiKey: 3,
    apiName: 'Metadata',
    apiVersion: 12,
    flexible: true,
    write: (to) => {
      const anyId = '00000000-0000-0000-0000-000000000000';
      to.compactArray(topics, (name) => to.uuid(anyId).compactString(name).noTags());
      const [createTopics, authorizedOperations] = [false, false];
      to.boolean(createTopics).boolean(authorizedOperations).noTags();
    },
    read: (from) => {
      const throttleTimeMs = from.int32();
      const nodes = from.compactArray(() => readNode(from));
      const clusterId = from.compactString() ?? '';
      const controllerId = from.int32();
      const found = from.compactArray(() => readTopic(from));
      return { clientSideThrottleTime: throttleTimeMs, nodes, clusterId, controllerId, topics: found };
    },
  });
}

function readNode(from: ByteReader): Node {
  const node = { nodeId: from.int32(), host: from.compactString() ?? '', port: from.int32() };
  from.compactString();
  from.skipTags();
  return node;
}

function readTopic(from: ByteReader): TopicAnswer {
  const errorCode = from.int16();
  const name = from.compactString() ?? '';
  const id = from.uuid();
  from.boolean();
  const leaders: number[] = [];
  const lagging = new Set<number>();
  let replicas = Number.POSITIVE_INFINITY;
  from.compactArray(() => {
    const partitionErrorCode = from.int16();
    const partition = from.int32();
    const leader = from.int32();
    leaders[partition] = partitionErrorCode === 0 ? leader : -1;
    from.int32();
    const [nodes, inSync] = [0, 1, 2].map(() => from.compactArray(() => from.int32())) as [
      number[],
      number[],
      number[],
    ];
    replicas = Math.min(replicas, nodes.length);
    for (const node of nodes) if (!inSync.includes(node)) lagging.add(node);
    from.skipTags();
  });
  from.int32();
  from.skipTags();
  return { errorCode, name, id, leaders, replicas, outOfSync: [...lagging].toSorted((a, b) => a - b) };
}
