import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { UnknownTopicError } from '../errors.ts';
import type { Admin, GroupMember, TopicDescription } from '../kafka.ts';
import { answerType, BrokerError, check } from './broker-error.ts';
import type { Cluster, TopicMetadata } from './cluster.ts';
import { decodeAssignment } from './group-assignment.ts';
import { listOffsets } from './list-offsets.ts';
import { mapped } from './map-error.ts';
import { createTopics } from './requests/create-topics.ts';
import { offsetFetch } from './requests/offset-fetch.ts';

const brokerDefault = -1;
const topicAlreadyExists = 36;
const groupIdNotFound = 69;
const nonEmptyGroup = 68;
const topicResource = 2;
const minInSync = 'min.insync.replicas';

/** `Admin` through one handle's connections. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one object with a short method for each call of the interface.
export function kafkajsAdmin(cluster: Cluster): Admin {
  const { connections, settings } = cluster;
  const { naming, requestTimeoutMs: timeoutMs } = settings;

  async function existing(names: readonly string[]): Promise<ReadonlyMap<string, TopicMetadata>> {
    return cluster.persist('anything', () => cluster.describe(names));
  }

  /** Repeats until the cluster shows what was asked of it. */
  async function until(names: readonly string[], shown: (found: ReadonlyMap<string, TopicMetadata>) => boolean) {
    await cluster.persist('anything', async () => {
      if (!shown(await cluster.describe(names))) throw new BrokerError('LEADER_NOT_AVAILABLE');
    });
  }

  async function withController<Answer>(ask: (broker: Awaited<ReturnType<typeof connections.to>>) => Promise<Answer>) {
    return cluster.persist('anything', async () => {
      const { controllerId } = await cluster.askMetadata([]);
      return ask(await connections.to(controllerId));
    });
  }

  return {
    createTopics: (specs, { replicationFactor = brokerDefault } = {}) =>
      mapped('creating topics', async () => {
        const names = specs.map(({ name }) => name);
        const found = await existing(names);
        const missing = specs.filter(({ name }) => !found.has(name));
        if (missing.length > 0) {
          const topics = missing.map(({ name, partitions, config }) => {
            return { name: naming.full(name), partitions, config, replicationFactor };
          });
          const answer = await withController((broker) =>
            connections.send(broker, createTopics({ timeoutMs, topics })),
          );
          for (const { errorCode, errorMessage, name } of answer.topics) {
            if (errorCode !== topicAlreadyExists) check(errorCode, errorMessage && `${name}: ${errorMessage}`);
          }
          await until(names, (shown) => names.every((name) => isReady(shown.get(name))));
        }
        const all = await existing(names);
        return names.map((name) => describe(all.get(name), name));
      }),

    deleteTopics: (names) =>
      mapped('deleting topics', async () => {
        const found = [...(await existing(names)).keys()];
        if (found.length === 0) return;
        const request = { topics: found.map(naming.full), timeout: timeoutMs };
        await withController((broker) =>
          connections
            .call(broker, () => broker.deleteTopics(request))
            .catch((error: unknown) => {
              if (answerType(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
            }),
        );
        await until(found, (shown) => shown.size === 0);
      }),

    describeTopic: (name) =>
      mapped(`describing ${name}`, async () => describe((await existing([name])).get(name), name)),

    offsets: (topic, at) =>
      mapped(
        `listing offsets of ${topic}`,
        () =>
          cluster.persist('anything', async () => {
            const metadata = (await cluster.describe([topic])).get(topic);
            if (!metadata) throw new UnknownTopicError(topic);
            const partitions = [...metadata.leaders.keys()];
            const found = await listOffsets(cluster, topic, partitions, at);
            if (typeof at === 'string' || !found.includes(-1)) return found;
            const latest = await listOffsets(cluster, topic, partitions, 'last_stable');
            return found.map((offset, partition) => (offset === -1 ? latest[partition]! : offset));
          }),
        topic,
      ),

    committedOffsets: (groupId, topics) =>
      mapped(`reading committed offsets of ${groupId}`, () =>
        cluster.persist('anything', async () => {
          const wanted = [...(await cluster.describe(topics)).values()].map(({ name, leaders }) => {
            return { topic: naming.full(name), partitions: [...leaders.keys()] };
          });
          const broker = await cluster.coordinator('group', groupId);
          const { errorCode, offsets } = await connections.send(broker, offsetFetch(naming.full(groupId), wanted));
          check(errorCode);
          for (const offset of offsets) check(offset.errorCode);
          return offsets
            .filter(({ offset }) => offset >= 0)
            .map(({ topic, partition, offset }) => ({ topic: naming.bare(topic) ?? topic, partition, offset }));
        }),
      ),

    deleteGroup: (groupId) =>
      mapped(`deleting the group ${groupId}`, () =>
        cluster.persist('anything', async () => {
          const broker = await cluster.coordinator('group', groupId);
          const { results } = await connections.call(broker, () => broker.deleteGroups([naming.full(groupId)]));
          const errorCode = results[0]?.errorCode ?? 0;
          if (errorCode === nonEmptyGroup) throw notEmpty(groupId);
          if (errorCode !== groupIdNotFound) check(errorCode);
        }),
      ),

    describeCluster: () =>
      mapped('describing the cluster', () =>
        cluster.persist('anything', async () => {
          const { clusterId, nodes } = await cluster.askMetadata([]);
          return {
            clusterId,
            brokers: nodes.map(({ nodeId, host, port }) => ({ id: nodeId, address: `${host}:${port}` })),
          };
        }),
      ),

    minInSyncReplicas: (topics) =>
      mapped('asking for settings of topics', () =>
        cluster.persist('anything', async () => {
          const found = [...(await cluster.describe(topics)).keys()];
          const broker = await connections.any();
          const resources = found.map((topic) => ({
            type: topicResource,
            name: naming.full(topic),
            configNames: [minInSync],
          }));
          const answer =
            resources.length === 0
              ? { resources: [] }
              : await connections.call(broker, () => broker.describeConfigs({ resources }));
          return new Map(
            answer.resources.flatMap(({ resourceName, configEntries }): [string, number][] => {
              const value = configEntries.find(({ configName }) => configName === minInSync)?.configValue;
              return value ? [[naming.bare(resourceName) ?? resourceName, Number(value)]] : [];
            }),
          );
        }),
      ),

    groupMembers: (groupIds) =>
      mapped('describing groups', async () => {
        const found = new Map<string, readonly GroupMember[]>();
        for (const groupId of groupIds) {
          const { groups } = await cluster.persist('anything', async () => {
            const broker = await cluster.coordinator('group', groupId);
            return connections.call(broker, () => broker.describeGroups({ groupIds: [naming.full(groupId)] }));
          });
          const members = (groups[0]?.members ?? []).map(({ clientId, clientHost, memberAssignment }) => ({
            clientId,
            host: clientHost.replace(/^\//, ''),
            partitions: decodeAssignment(memberAssignment).length,
          }));
          if (members.length > 0) found.set(groupId, members);
        }
        return found;
      }),
  };
}

function isReady(topic: TopicMetadata | undefined): boolean {
  return topic !== undefined && topic.leaders.length > 0 && topic.leaders.every((leader) => leader >= 0);
}

function describe(topic: TopicMetadata | undefined, name: string): TopicDescription {
  if (!topic) throw new UnknownTopicError(name);
  const { id, leaders, replicas, outOfSync } = topic;
  return { name, id, partitions: leaders.length, replicas, outOfSync };
}

function notEmpty(groupId: string): TailraceError {
  return new TailraceError(`the group ${groupId} still has members`, {
    code: 'kafka.group_not_empty',
    remedy: 'retry',
    help: 'Stop the processes of this group first.',
  });
}
