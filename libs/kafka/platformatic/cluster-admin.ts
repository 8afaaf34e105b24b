import { createTopicsV7, deleteGroupsV2, deleteTopicsV6, offsetFetchV8 } from '@platformatic/kafka';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { UnknownTopicError } from '../errors.ts';
import type { Admin, TopicDescription, TopicPartitionOffset } from '../kafka.ts';
import type { Cluster } from './cluster.ts';
import { BrokerRefusal, brokerErrors, toTailraceError } from './failure.ts';
import { listOffsets } from './list-offsets.ts';

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
    await this.#until(async () => (await this.#cluster.describeTopics(topics.map(({ name }) => name))).size === 0);
  }

  async describeTopic(name: string): Promise<TopicDescription> {
    const full = this.#cluster.settings.naming.full(name);
    const found = (await this.#cluster.describeTopics([full])).get(full);
    if (!found) throw new UnknownTopicError(name);
    return { name, id: found.id, partitions: found.leaders.length };
  }

  async offsets(
    topic: string,
    at: 'earliest' | 'latest' | { readonly timestampMs: number },
  ): Promise<readonly number[]> {
    const { partitions } = await this.describeTopic(topic);
    const all = Array.from({ length: partitions }, (_, partition) => partition);
    const found = await listOffsets(this.#cluster, topic, all, at);
    if (!found.includes(-1)) return found;
    const ends = await listOffsets(this.#cluster, topic, all, 'latest');
    return found.map((offset, partition) => (offset === -1 ? (ends[partition] ?? 0) : offset));
  }

  async committedOffsets(groupId: string, topics: readonly string[]): Promise<readonly TopicPartitionOffset[]> {
    const { naming } = this.#cluster.settings;
    const described = await this.#cluster.describeTopics(topics.map((topic) => naming.full(topic)));
    const request = [...described].map(([name, { leaders }]) => ({ name, partitionIndexes: [...leaders.keys()] }));
    if (request.length === 0) return [];
    const group = { groupId: naming.full(groupId), memberId: null, memberEpoch: -1, topics: request };
    const answer = await this.#cluster.retrying(`asking for offsets of ${groupId}`, async () => {
      const link = this.#cluster.links.to(await this.#cluster.coordinatorOf('group', group.groupId));
      return link.call(offsetFetchV8.api, [group], false);
    });
    return (answer.groups[0]?.topics ?? []).flatMap(({ name, partitions }) =>
      partitions
        .filter(({ committedOffset }) => committedOffset >= 0n)
        .map(({ partitionIndex, committedOffset }) => ({
          topic: this.#cluster.bare(name),
          partition: partitionIndex,
          offset: Number(committedOffset),
        })),
    );
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

  async describeCluster(): Promise<{ readonly clusterId: string; readonly brokers: readonly string[] }> {
    const { clusterId, brokers } = await this.#cluster.describe();
    return { clusterId: clusterId ?? '', brokers: brokers.map(({ host, port }) => `${host}:${port}`) };
  }

  /** A topic is there before its partitions have leaders; whoever asked for it wants to use it. */
  async #whenReady(name: string): Promise<TopicDescription> {
    const full = this.#cluster.settings.naming.full(name);
    let found: TopicDescription | undefined;
    await this.#until(async () => {
      const metadata = (await this.#cluster.describeTopics([full])).get(full);
      if (metadata) found = { name, id: metadata.id, partitions: metadata.leaders.length };
      return metadata !== undefined && metadata.leaders.length > 0 && metadata.leaders.every((leader) => leader >= 0);
    });
    if (!found) throw new UnknownTopicError(name);
    return found;
  }

  async #until(condition: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + this.#cluster.settings.retryTimeoutMs;
    while (!(await condition())) {
      if (performance.now() > deadline) throw toTailraceError(new Error('it took too long'), 'waiting for topics');
      await this.#cluster.pause(20);
    }
  }
}

const topicAlreadyExists = 36;
const unknownTopicOrPartition = 3;
