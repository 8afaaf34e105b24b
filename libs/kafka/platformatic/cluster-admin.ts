import {
  ConfigResourceTypes,
  createTopicsV7,
  deleteGroupsV2,
  deleteTopicsV6,
  describeConfigsV4,
  describeGroupsV5,
  offsetFetchV8,
} from '@platformatic/kafka';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { UnknownTopicError } from '../errors.ts';
import type {
  Admin,
  BrokerDescription,
  GroupMember,
  OffsetsAt,
  TopicDescription,
  TopicPartitionOffset,
} from '../kafka.ts';
import type { Cluster, TopicMetadata } from './cluster.ts';
import { BrokerRefusal, brokerErrors } from './failure.ts';
import { decodeAssignment } from './group/consumer-protocol.ts';
import { listOffsets } from './reading/list-offsets.ts';

const minInSync = 'min.insync.replicas';
/** The broker's own default, `default.replication.factor`. */
const brokerDefault = -1;

export class ClusterAdmin implements Admin {
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  async createTopics(
    specs: readonly TopicSpec[],
    { replicationFactor = brokerDefault }: { replicationFactor?: number } = {},
  ): Promise<readonly TopicDescription[]> {
    const { naming, requestTimeoutMs } = this.#cluster.settings;
    const existing = await this.#cluster.describeTopics(specs.map(({ name }) => naming.full(name)));
    const missing = specs.filter(({ name }) => !existing.has(naming.full(name)));
    if (missing.length > 0) {
      const topics = missing.map(({ name, partitions, config }) => ({
        name: naming.full(name),
        numPartitions: partitions,
        replicationFactor,
        assignments: [],
        configs: Object.entries(config).map(([key, value]) => ({ name: key, value })),
      }));
      await this.#cluster.retrying('creating topics', async () => {
        const link = this.#cluster.links.to(await this.#cluster.anyNode());
        const answer = await link.callForEach(createTopicsV7.api, topics, requestTimeoutMs, false);
        for (const { name, errorCode, errorMessage } of answer.topics) {
          if (errorCode === 0 || errorCode === topicAlreadyExists) continue;
          throw BrokerRefusal.of(
            errorCode,
            `creating ${this.#cluster.bare(name)} (${errorMessage ?? 'no reason given'})`,
          );
        }
      });
    }
    return Promise.all(specs.map(({ name }) => this.#whenReady(name)));
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    const { naming, requestTimeoutMs } = this.#cluster.settings;
    if (names.length === 0) return;
    const topics = names.map((name) => ({ name: naming.full(name) }));
    await this.#cluster.retrying('deleting topics', async () => {
      const link = this.#cluster.links.to(await this.#cluster.anyNode());
      const answer = await link.callForEach(deleteTopicsV6.api, topics, requestTimeoutMs);
      for (const { name, errorCode } of answer.responses) {
        if (name) this.#cluster.forget(name);
        if (errorCode === 0 || errorCode === unknownTopicOrPartition) continue;
        throw BrokerRefusal.of(errorCode, `deleting ${name}`);
      }
    });
    await this.#until(
      async () => (await this.#cluster.describeTopics(topics.map(({ name }) => name))).size === 0,
      'waiting for topics to go',
    );
  }

  async describeTopic(name: string): Promise<TopicDescription> {
    const full = this.#cluster.settings.naming.full(name);
    const found = (await this.#cluster.describeTopics([full])).get(full);
    if (!found) throw new UnknownTopicError(name);
    return describe(name, found);
  }

  async offsets(topic: string, at: OffsetsAt): Promise<readonly number[]> {
    const { partitions } = await this.describeTopic(topic);
    const all = Array.from({ length: partitions }, (_, partition) => partition);
    const found = await listOffsets(this.#cluster, topic, all, at);
    if (!found.includes(-1)) return found;
    const ends = await listOffsets(this.#cluster, topic, all, 'last_stable');
    return found.map((offset, partition) => (offset === -1 ? (ends[partition] ?? 0) : offset));
  }

  async committedOffsets(groupId: string, topics: readonly string[]): Promise<readonly TopicPartitionOffset[]> {
    const { naming } = this.#cluster.settings;
    const described = await this.#cluster.describeTopics(topics.map((topic) => naming.full(topic)));
    const found: TopicPartitionOffset[] = [];
    let asked = [...described].map(([name, { leaders }]) => ({ name, partitionIndexes: [...leaders.keys()] }));
    await this.#until(async () => {
      if (asked.length === 0) return true;
      const answer = await this.#fetchOffsets(groupId, asked);
      asked = [];
      for (const { name, partitions } of answer) {
        const topic = this.#cluster.bare(name);
        const unstable: number[] = [];
        for (const { partitionIndex, committedOffset, errorCode } of partitions) {
          if (errorCode === unstableOffsetCommit) unstable.push(partitionIndex);
          else if (errorCode !== 0) throw BrokerRefusal.of(errorCode, `asking for offsets of ${groupId}`);
          else if (committedOffset >= 0n) {
            found.push({ topic, partition: partitionIndex, offset: Number(committedOffset) });
          }
        }
        if (unstable.length > 0) asked.push({ name, partitionIndexes: unstable });
      }
      return asked.length === 0;
    }, 'waiting for transactions with offsets to end');
    return found;
  }

  /** Partitions whose offset a transaction that is not over may change come with an error code (KIP-447). */
  async #fetchOffsets(groupId: string, topics: offsetFetchV8.OffsetFetchRequestTopic[]) {
    const full = this.#cluster.settings.naming.full(groupId);
    const group = { groupId: full, memberId: null, memberEpoch: -1, topics };
    return this.#cluster.retrying(`asking for offsets of ${groupId}`, async () => {
      const link = this.#cluster.links.to(await this.#cluster.coordinatorOf('group', full));
      const answer = await link.callForEach(offsetFetchV8.api, [group], true);
      const [found] = answer.groups;
      if (found?.errorCode !== 0) {
        throw BrokerRefusal.of(found?.errorCode ?? coordinatorNotAvailable, `asking for offsets of ${groupId}`);
      }
      return found.topics;
    });
  }

  async deleteGroup(groupId: string): Promise<void> {
    const full = this.#cluster.settings.naming.full(groupId);
    try {
      await this.#cluster.retrying(`deleting group ${groupId}`, async () => {
        const link = this.#cluster.links.to(await this.#cluster.coordinatorOf('group', full));
        await link.call(deleteGroupsV2.api, [full]);
      });
    } catch (error) {
      if (!brokerErrors(error).has('GROUP_ID_NOT_FOUND')) throw error;
    }
  }

  async describeCluster(): Promise<{ readonly clusterId: string; readonly brokers: readonly BrokerDescription[] }> {
    const { clusterId, brokers } = await this.#cluster.describe();
    const described = brokers.map(({ nodeId, host, port }) => ({ id: nodeId, address: `${host}:${port}` }));
    return { clusterId: clusterId ?? '', brokers: described };
  }

  async minInSyncReplicas(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { naming } = this.#cluster.settings;
    const resources = topics.map((topic) => ({
      resourceType: ConfigResourceTypes.TOPIC,
      resourceName: naming.full(topic),
      configurationKeys: [minInSync],
    }));
    return this.#cluster.retrying('asking for settings of topics', async () => {
      const link = this.#cluster.links.to(await this.#cluster.anyNode());
      const answer = await link.callForEach(describeConfigsV4.api, resources, false, false);
      const found = new Map<string, number>();
      for (const { errorCode, resourceName, configs } of answer.results) {
        if (errorCode === unknownTopicOrPartition) continue;
        if (errorCode !== 0) throw BrokerRefusal.of(errorCode, `asking for settings of ${resourceName}`);
        const value = configs.find(({ name }) => name === minInSync)?.value;
        if (value) found.set(this.#cluster.bare(resourceName), Number(value));
      }
      return found;
    });
  }

  async groupMembers(groupIds: readonly string[]): Promise<ReadonlyMap<string, readonly GroupMember[]>> {
    const found = new Map<string, readonly GroupMember[]>();
    for (const groupId of groupIds) {
      const full = this.#cluster.settings.naming.full(groupId);
      const { groups } = await this.#cluster.retrying(`describing group ${groupId}`, async () => {
        const link = this.#cluster.links.to(await this.#cluster.coordinatorOf('group', full));
        return link.callForEach(describeGroupsV5.api, [full], false);
      });
      const members = (groups[0]?.members ?? []).map(({ clientId, clientHost, memberAssignment }) => ({
        clientId,
        host: clientHost.replace(/^\//, ''),
        partitions: decodeAssignment(memberAssignment).length,
      }));
      if (members.length > 0) found.set(groupId, members);
    }
    return found;
  }

  /** A topic is there before its partitions have leaders; the caller wants to use it. */
  async #whenReady(name: string): Promise<TopicDescription> {
    const full = this.#cluster.settings.naming.full(name);
    let found: TopicDescription | undefined;
    await this.#until(async () => {
      const metadata = (await this.#cluster.describeTopics([full])).get(full);
      if (metadata) found = describe(name, metadata);
      return metadata !== undefined && metadata.leaders.length > 0 && metadata.leaders.every((leader) => leader >= 0);
    }, `waiting for leaders of ${name}`);
    if (!found) throw new UnknownTopicError(name);
    return found;
  }

  async #until(condition: () => Promise<boolean>, what: string): Promise<void> {
    const deadline = performance.now() + this.#cluster.settings.retryTimeoutMs;
    for (let attempt = 0; !(await condition()); attempt++) {
      if (performance.now() > deadline || this.#cluster.closed) {
        throw new TailraceError(`${what}: it took too long`, { code: 'kafka.timed_out', remedy: 'retry' });
      }
      await this.#cluster.pause(Math.min(2 ** attempt, 20));
    }
  }
}

const topicAlreadyExists = 36;
const unknownTopicOrPartition = 3;
const coordinatorNotAvailable = 15;
const unstableOffsetCommit = 88;

function describe(name: string, { id, leaders, replicas, outOfSync }: TopicMetadata): TopicDescription {
  return { name, id, partitions: leaders.length, replicas, outOfSync };
}
