import type Broker from 'kafkajs/src/broker/index.js';
import { UnknownTopicError } from '../errors.ts';
import type { TopicPartition } from '../kafka.ts';
import type { KafkaSettings } from '../settings.ts';
import { BrokerError, check } from './broker-error.ts';
import { Connections } from './connections.ts';
import { isOutcomeUnknown, isTransient } from './map-error.ts';
import { type MetadataAnswer, metadata } from './requests/metadata.ts';
import { retry } from './retry.ts';

export interface TopicMetadata {
  /** Bare, as the seam names it. */
  readonly name: string;
  readonly id: string;
  readonly leaders: readonly number[];
  readonly replicas: number;
  readonly outOfSync: readonly number[];
}

const coordinatorTypes = { group: 0, transaction: 1 };
export type CoordinatorKind = keyof typeof coordinatorTypes;

/** What one handle knows of the cluster: topics, leaders, coordinators. Names are bare here and full on the wire. */
export class Cluster {
  readonly connections: Connections;
  readonly settings: KafkaSettings;
  readonly #topics = new Map<string, TopicMetadata>();
  readonly #coordinators = new Map<string, number>();

  constructor(settings: KafkaSettings) {
    this.settings = settings;
    this.connections = new Connections(settings);
  }

  /** The same cluster through connections of its own. */
  sibling(): Cluster {
    return new Cluster(this.settings);
  }

  /** Asks the cluster, also for nodes and leaders. Topics that do not exist are not in the answer. */
  async describe(names: readonly string[]): Promise<ReadonlyMap<string, TopicMetadata>> {
    const { topics } = await this.askMetadata(names);
    const found = new Map<string, TopicMetadata>();
    for (const topic of topics) {
      const name = this.settings.naming.bare(topic.name);
      if (name === undefined) continue;
      this.#topics.delete(name);
      if (topic.errorCode === unknownTopic) continue;
      check(topic.errorCode);
      const { id, leaders, replicas, outOfSync } = topic;
      const description = { name, id, leaders, replicas, outOfSync };
      this.#topics.set(name, description);
      found.set(name, description);
    }
    return found;
  }

  async askMetadata(names: readonly string[]): Promise<MetadataAnswer> {
    const broker = await this.connections.any();
    const answer = await this.connections.send(broker, metadata(names.map((name) => this.settings.naming.full(name))));
    this.connections.learn(answer.nodes);
    return answer;
  }

  /** @throws UnknownTopicError */
  async topic(name: string): Promise<TopicMetadata> {
    const found = this.#topics.get(name) ?? (await this.describe([name])).get(name);
    if (!found) throw new UnknownTopicError(name);
    return found;
  }

  /** @throws UnknownTopicError; a transient BrokerError while the partition has no leader. */
  async leader({ topic, partition }: TopicPartition): Promise<number> {
    const known = (await this.topic(topic)).leaders[partition];
    // It may be newer than what is known of the topic.
    const leader = known ?? (await this.describe([topic])).get(topic)?.leaders[partition];
    if (leader === undefined) throw new UnknownTopicError(`${topic}[${partition}]`);
    if (leader < 0) throw new BrokerError('LEADER_NOT_AVAILABLE');
    return leader;
  }

  async coordinator(kind: CoordinatorKind, bareKey: string): Promise<Broker> {
    const key = this.settings.naming.full(bareKey);
    const known = this.#coordinators.get(`${kind} ${key}`);
    if (known !== undefined) return this.connections.to(known);
    const request = { groupId: key, coordinatorType: coordinatorTypes[kind] };
    const broker = await this.connections.any();
    const { coordinator } = await this.connections.call(broker, () => broker.findGroupCoordinator(request));
    this.connections.learn([coordinator]);
    this.#coordinators.set(`${kind} ${key}`, coordinator.nodeId);
    return this.connections.to(coordinator.nodeId);
  }

  /**
   * Makes a call that may be made again: after an answer that says "not now", and, where doing it twice does no harm,
   * after one that was lost. Leaders and coordinators are looked up each time.
   */
  async persist<Result>(repeatable: 'answers' | 'anything', attempt: () => Promise<Result>): Promise<Result> {
    const options = {
      forMs: this.settings.retryTimeoutMs,
      signal: this.connections.closed,
      when: (error: unknown) => {
        this.forget();
        return isTransient(error) || (repeatable === 'anything' && isOutcomeUnknown(error));
      },
    };
    return retry(options, attempt);
  }

  forget(): void {
    this.#topics.clear();
    this.#coordinators.clear();
  }
}

const unknownTopic = 3;
