import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { Admin, GroupMember, TopicDescription } from '../kafka.ts';
import type { BrokerState } from './broker-state.ts';
import type { ClientProcess } from './process.ts';
import type { StoredTopic } from './topic-store.ts';

/** `Admin` on the state of an in-memory broker. */
export function memoryAdmin({ topics, groups, faults }: BrokerState, process: ClientProcess): Admin {
  return {
    async createTopics(specs, { replicationFactor = 1 } = {}) {
      await process.running();
      return specs.map((spec) => describe(topics.create(spec, replicationFactor)));
    },
    async deleteTopics(names) {
      await process.running();
      for (const name of names) topics.delete(name);
    },
    async describeTopic(name) {
      await process.running();
      return describe(topics.get(name));
    },
    offsets(topic, at) {
      return faults.call('offsets', process, () =>
        topics.get(topic).logs.map((log) => {
          if (at === 'earliest') return log.start;
          if (at === 'high_watermark') return log.end;
          return at === 'last_stable' ? log.lastStableOffset : log.offsetAt(at.timestampMs);
        }),
      );
    },
    committedOffsets(groupId, names) {
      return faults.call('committedOffsets', process, () => groups.get(groupId)?.committed(names) ?? []);
    },
    async deleteGroup(groupId) {
      await process.running();
      if (groups.get(groupId)?.empty === false) {
        throw new TailraceError(`group ${groupId} still has members`, {
          code: 'kafka.group_not_empty',
          remedy: 'retry',
          help: 'Stop the processes of this group first.',
        });
      }
      groups.delete(groupId);
    },
    async describeCluster() {
      await process.running();
      return { clusterId: 'in-memory', brokers: [{ id: 1, address: 'in-memory' }] };
    },
    async minInSyncReplicas(names) {
      await process.running();
      return new Map(
        names.flatMap((name): [string, number][] => {
          const topic = topics.find(name);
          return topic ? [[name, topic.minInSyncReplicas]] : [];
        }),
      );
    },
    async groupMembers(groupIds) {
      await process.running();
      return new Map(
        groupIds.flatMap((groupId): [string, readonly GroupMember[]][] => {
          const members = groups.get(groupId)?.members() ?? [];
          return members.length === 0 ? [] : [[groupId, members]];
        }),
      );
    },
  };
}

function describe({ name, id, partitions, replicas, outOfSync }: StoredTopic): TopicDescription {
  return { name, id, partitions, replicas, outOfSync };
}
