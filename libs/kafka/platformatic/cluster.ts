import { findCoordinatorV4, metadataV12, parseBroker } from '@platformatic/kafka';
import { ConnectionLostError, UnknownTopicError } from '../errors.ts';
import type { KafkaSettings } from '../settings.ts';
import { type BrokerAddress, BrokerLink } from './brokers/broker-link.ts';
import { firstAnswer } from './brokers/first-answer.ts';
import { Links, type LinksOptions } from './brokers/links.ts';
import { SilentBrokers } from './brokers/silent-brokers.ts';
import { BrokerRefusal, isConnectionFailure, toTailraceError, wasNotDone } from './failure.ts';

type MetadataResponse = metadataV12.MetadataResponse;

export interface TopicMetadata {
  readonly id: string;
  /** Leader's node id by partition; -1 where there is none now. */
  readonly leaders: readonly number[];
  /** Replicas of the partition that has the fewest. */
  readonly replicas: number;
  /** Node ids that have a replica which is not in sync. */
  readonly outOfSync: readonly number[];
}

/**
 * What is known of the cluster: its brokers, the leaders of partitions, the coordinators of groups and transactions.
 * Everything is asked for when first needed and again after somebody found it stale.
 */
export class Cluster {
  readonly settings: KafkaSettings;
  /** For short requests that anybody makes. */
  readonly links: Links;
  readonly silentBrokers = new SilentBrokers(async () => {
    await this.#askForMetadata([]);
    return new Set(this.#brokers.keys());
  });
  readonly #closing = new AbortController();
  readonly #topics = new Map<string, TopicMetadata>();
  readonly #bootstrap: readonly BrokerLink[];
  readonly #allLinks = new Set<Links>();
  #brokers = new Map<number, BrokerAddress>();
  /** The broker that answered last what any of them can. */
  #answering: BrokerLink | undefined;

  constructor(settings: KafkaSettings) {
    this.settings = settings;
    this.#bootstrap = settings.brokers.map(
      (broker) => new BrokerLink(parseBroker(broker), settings, settings.requestTimeoutMs),
    );
    this.links = this.openLinks();
  }

  get closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Links that nobody else uses. They close with the cluster at the latest. */
  openLinks({ requestTimeoutMs = this.settings.requestTimeoutMs, waitMs = 0 }: Partial<LinksOptions> = {}): Links {
    const onClose = () => this.#allLinks.delete(links);
    const links = new Links(this, { requestTimeoutMs, waitMs, onClose });
    this.#allLinks.add(links);
    return links;
  }

  /** Ends every connection; what waits on one rejects. */
  close(): void {
    this.#closing.abort();
    this.silentBrokers.close();
    for (const link of this.#bootstrap) link.close();
    for (const links of [...this.#allLinks]) links.close();
  }

  address(nodeId: number): BrokerAddress | undefined {
    return this.#brokers.get(nodeId);
  }

  /**
   * Repeats a call that is safe to repeat while the broker is unreachable or not ready, for `retryTimeoutMs`. The call should
   * look up leaders and coordinators each time.
   */
  async retrying<Answer>(what: string, call: () => Promise<Answer>, signal?: AbortSignal): Promise<Answer> {
    const deadline = performance.now() + this.settings.retryTimeoutMs;
    for (let attempt = 0; ; attempt++) {
      try {
        return await call();
      } catch (error) {
        const repeatable = isConnectionFailure(error) || wasNotDone(error);
        const over = performance.now() > deadline || this.closed || signal?.aborted === true;
        if (!repeatable || over) throw toTailraceError(error, what);
      }
      await this.pause(Math.min(5 * 2 ** attempt, 500), signal);
    }
  }

  /** Waits; ends early, quietly, when the client closes or the signal aborts. */
  async pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
    const signals = signal ? [signal, this.#closing.signal] : [this.#closing.signal];
    if (signals.some(({ aborted }) => aborted)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = () => resolve();
    const timer = setTimeout(end, milliseconds);
    for (const each of signals) each.addEventListener('abort', end);
    await promise;
    clearTimeout(timer);
    for (const each of signals) each.removeEventListener('abort', end);
  }

  /** Metadata of topics as the cluster has it now, by full name. Those that do not exist are left out. */
  async describeTopics(names: readonly string[]): Promise<ReadonlyMap<string, TopicMetadata>> {
    return this.retrying('asking for metadata', async () => {
      const answer = await this.#askForMetadata(names);
      const found = new Map<string, TopicMetadata>();
      for (const topic of answer.topics) {
        if (!topic.name) continue;
        if (topic.errorCode !== 0 && topic.errorCode !== leaderNotAvailable) {
          this.#topics.delete(topic.name);
          if (topic.errorCode === unknownTopicOrPartition) continue;
          throw BrokerRefusal.of(topic.errorCode, `asking for topic ${topic.name}`);
        }
        const leaders: number[] = [];
        for (const { partitionIndex, leaderId } of topic.partitions) leaders[partitionIndex] = leaderId;
        const replicas = Math.min(...topic.partitions.map(({ replicaNodes }) => replicaNodes.length));
        const lagging = topic.partitions.flatMap(({ replicaNodes, isrNodes }) =>
          replicaNodes.filter((node) => !isrNodes.includes(node)),
        );
        const outOfSync = [...new Set(lagging)].toSorted((a, b) => a - b);
        const metadata = { id: topic.topicId, leaders, replicas, outOfSync };
        this.#topics.set(topic.name, metadata);
        found.set(topic.name, metadata);
      }
      return found;
    });
  }

  /**
   * A topic's metadata, from memory when it is there.
   * @throws UnknownTopicError
   */
  async topic(name: string): Promise<TopicMetadata> {
    const known = this.#topics.get(name);
    if (known) return known;
    const found = (await this.describeTopics([name])).get(name);
    if (!found) throw new UnknownTopicError(this.bare(name));
    return found;
  }

  /** @throws while the partition has no leader: repeat under `retrying`. */
  async leaderOf(name: string, partition: number): Promise<number> {
    const topic = await this.topic(name);
    const leader = topic.leaders[partition];
    if (leader === undefined) throw new BrokerRefusal('UNKNOWN_TOPIC_OR_PARTITION', `finding ${name}[${partition}]`);
    if (leader < 0 || !this.#brokers.has(leader)) {
      this.forget(name);
      throw new BrokerRefusal('LEADER_NOT_AVAILABLE', `finding the leader of ${name}[${partition}]`);
    }
    return leader;
  }

  /** What is known of a topic proved stale. */
  forget(name: string): void {
    this.#topics.delete(name);
  }

  /** The node that coordinates a group or a transactional id now (FindCoordinator). */
  async coordinatorOf(kind: 'group' | 'transaction', key: string): Promise<number> {
    const answer = await this.#anyBroker((link) => link.call(findCoordinatorV4.api, kind === 'group' ? 0 : 1, [key]));
    const [found] = answer.coordinators;
    if (!found) throw new BrokerRefusal('COORDINATOR_NOT_AVAILABLE', `finding the coordinator of ${key}`);
    this.#brokers.set(found.nodeId, { host: found.host, port: found.port });
    return found.nodeId;
  }

  /** Some broker, for questions that any of them answers. */
  async anyNode(): Promise<number> {
    if (this.#brokers.size === 0) await this.#askForMetadata([]);
    const [node] = this.#brokers.keys();
    if (node === undefined) throw new ConnectionLostError('no broker is known');
    return node;
  }

  async describe(): Promise<MetadataResponse> {
    return this.retrying('describing the cluster', () => this.#askForMetadata([]));
  }

  bare(name: string): string {
    return this.settings.naming.bare(name) ?? name;
  }

  async #askForMetadata(names: readonly string[]): Promise<MetadataResponse> {
    const answer = await this.#anyBroker((link) => link.callForEach(metadataV12.api, [...names], false, false));
    this.#brokers = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
    return answer;
  }

  /** Asks one broker after the other until one answers; later questions start with that one. */
  async #anyBroker<Answer>(ask: (link: BrokerLink) => Promise<Answer>): Promise<Answer> {
    const known = [...this.#brokers.keys()].map((nodeId) => this.links.to(nodeId));
    const all = [...known, ...this.#bootstrap];
    const first = this.#answering && all.includes(this.#answering) ? [this.#answering] : [];
    const asks = [...new Set([...first, ...all])].map((link) => async () => {
      const answer = await ask(link);
      this.#answering = link;
      return answer;
    });
    const isFinal = (error: unknown) => !isConnectionFailure(error) || this.closed;
    return firstAnswer(asks, { patienceMs: hedgeAfterMs, isFinal });
  }
}

/** A broker that has not answered for this long is not waited for alone: the next is asked too. */
const hedgeAfterMs = 1000;
const unknownTopicOrPartition = 3;
const leaderNotAvailable = 5;
