import { ConnectionLostError, OffsetOutOfRangeError, TopicRecreatedError, UnknownTopicError } from '../errors.ts';
import type { FetchedBatch, Reader, ReaderOptions, TopicPartition, TopicPartitionOffset } from '../kafka.ts';
import type { Cluster } from './cluster.ts';
import { BrokerRefusal, brokerErrors, isConnectionFailure, toTailraceError, wasNotDone } from './failure.ts';
import { FetchLanes } from './fetch-lanes.ts';
import { type FetchedPartition, fetchPartitions } from './fetch-request.ts';
import type { Links } from './links.ts';
import { listOffsets, type OffsetQuery } from './list-offsets.ts';
import { PartitionReading } from './partition-reading.ts';

const readCommitted = 1;
const noSession = { id: 0, epoch: -1 };
/** Fetches from one leader that end within this of one another become one. */
const mergeWithinMs = 20;
/** How much later than asked for an answer usually comes at most. */
const lateByMs = 100;
/** How long a topic may be unknown before it counts as deleted: brokers that just started do not know theirs yet. */
const unknownTopicGraceMs = 5000;

/**
 * Reads by Fetch requests of its own: one a leader for all its partitions, waiting at the broker, the next one under way
 * while the caller works on what the last one brought.
 */
export class PartitionReader implements Reader {
  readonly #cluster: Cluster;
  readonly #lanes: FetchLanes;
  readonly #onClose: () => void;
  readonly #maxWaitMs: number;
  readonly #maxBytes: number;
  readonly #maxBytesPerPartition: number;
  readonly #readings = new Map<string, PartitionReading>();
  readonly #topicIds = new Map<string, string>();
  readonly #fetches = new Set<{ readonly leader: number; readonly endsAt: number }>();
  #wake = Promise.withResolvers<void>();
  #closed = false;
  #failures = 0;

  private constructor(cluster: Cluster, options: ReaderOptions, onClose: () => void) {
    this.#onClose = onClose;
    this.#cluster = cluster;
    this.#maxWaitMs = options.maxWaitMs ?? 500;
    this.#maxBytes = options.maxBytes ?? 4 * 1024 * 1024;
    this.#maxBytesPerPartition = options.maxBytesPerPartition ?? Math.min(this.#maxBytes, 1024 * 1024);
    this.#lanes = new FetchLanes(cluster, this.#maxWaitMs + cluster.settings.requestTimeoutMs);
  }

  /** @throws UnknownTopicError */
  static async open(cluster: Cluster, options: ReaderOptions, onClose: () => void): Promise<PartitionReader> {
    const reader = new PartitionReader(cluster, options, onClose);
    const topics = [...new Set(options.positions.map(({ topic }) => topic))];
    const described = await cluster.describeTopics(topics.map((topic) => cluster.settings.naming.full(topic)));
    for (const topic of topics) {
      const found = described.get(cluster.settings.naming.full(topic));
      if (!found) throw new UnknownTopicError(topic);
      reader.#topicIds.set(topic, found.id);
    }
    for (const position of options.positions) reader.seek(position);
    return reader;
  }

  async poll(signal?: AbortSignal): Promise<FetchedBatch[]> {
    const deadline = performance.now() + this.#maxWaitMs;
    for (;;) {
      if (this.#closed) return [];
      const batches = this.#takeFetched();
      if (!signal?.aborted) this.#startFetches();
      if (batches.length > 0) return batches;
      const failed = [...this.#readings.values()].find(({ failure, paused }) => failure !== undefined && !paused);
      if (failed) throw this.#failureOf(failed);
      const left = deadline - performance.now();
      if (left <= 0 || signal?.aborted) return [];
      await this.#wait(left, signal);
    }
  }

  /** A topic may come back; everything else stays true until the position is moved. */
  #failureOf(reading: PartitionReading): unknown {
    const { failure } = reading;
    if (failure instanceof UnknownTopicError) reading.failure = undefined;
    return failure;
  }

  seek(position: TopicPartitionOffset): void {
    const key = keyOf(position);
    const before = this.#readings.get(key);
    const reading = new PartitionReading(position, this.#topicIds.get(position.topic));
    reading.paused = before?.paused ?? false;
    this.#readings.set(key, reading);
    this.#changed();
  }

  remove(partition: TopicPartition): void {
    this.#readings.delete(keyOf(partition));
    this.#changed();
  }

  pause(partition: TopicPartition): void {
    const reading = this.#readings.get(keyOf(partition));
    if (reading) reading.paused = true;
  }

  resume(partition: TopicPartition): void {
    const reading = this.#readings.get(keyOf(partition));
    if (reading) reading.paused = false;
    this.#changed();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#readings.clear();
    this.#lanes.close();
    this.#changed();
    this.#onClose();
  }

  #changed(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  async #wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    const abort = () => resolve();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await Promise.race([promise, this.#wake.promise]);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  /** What has been fetched, up to `maxBytes` of it, at most one batch a partition, the longest unread first. */
  #takeFetched(): FetchedBatch[] {
    const batches: FetchedBatch[] = [];
    const ready = [...this.#readings].filter(([, { hasFetched, paused }]) => hasFetched && !paused);
    const room = { bytes: this.#maxBytes };
    for (const [key, reading] of ready) {
      const batch = this.#decode(reading, room);
      if (!batch) continue;
      batches.push(batch);
      // Whoever was served goes to the end of the line, in the next fetch too.
      this.#readings.delete(key);
      this.#readings.set(key, reading);
    }
    return batches;
  }

  #decode(reading: PartitionReading, room: { bytes: number }): FetchedBatch | undefined {
    try {
      return reading.take(room);
    } catch (error) {
      reading.failure = error;
      return undefined;
    }
  }

  /** Fetches for every partition that has nothing fetched and is not being fetched for. */
  #startFetches(): void {
    const now = performance.now();
    const wanting = [...this.#readings.values()].filter(
      ({ paused, hasFetched, fetching, failure, retryAt }) =>
        !paused && !hasFetched && fetching === undefined && failure === undefined && retryAt <= now,
    );
    if (wanting.length === 0) return;
    const fetching = Symbol('fetch');
    for (const reading of wanting) reading.fetching = fetching;
    void this.#fetchFromLeaders(wanting);
  }

  async #fetchFromLeaders(readings: readonly PartitionReading[]): Promise<void> {
    const byLeader = new Map<number, PartitionReading[]>();
    const failed: PartitionReading[] = [];
    for (const reading of readings) {
      try {
        const leader = await this.#leaderOf(reading);
        const others = byLeader.get(leader);
        if (others) others.push(reading);
        else byLeader.set(leader, [reading]);
      } catch (error) {
        await this.#judge(reading, error);
        failed.push(reading);
      }
    }
    if (failed.length > 0) this.#retryLater(failed);
    await Promise.all([...byLeader].map(([leader, own]) => this.#fetchFrom(leader, own)));
  }

  async #leaderOf(reading: PartitionReading): Promise<number> {
    const { topic, partition } = reading;
    const name = this.#cluster.settings.naming.full(topic);
    const { id } = await this.#cluster.topic(name);
    reading.topicId ??= this.#topicIds.get(topic) ?? id;
    this.#topicIds.set(topic, reading.topicId);
    if (id !== reading.topicId) throw new TopicRecreatedError(topic);
    return this.#cluster.leaderOf(name, partition);
  }

  async #fetchFrom(leader: number, readings: readonly PartitionReading[]): Promise<void> {
    if (this.#closed) return;
    const waitMs = this.#waitBeside(leader);
    if (waitMs < Math.min(mergeWithinMs, this.#maxWaitMs)) {
      // Another fetch is about to end, and its end starts one for all.
      for (const reading of readings) reading.fetching = undefined;
      return;
    }
    const lane = this.#lanes.take();
    const fetch = { leader, endsAt: performance.now() + waitMs };
    this.#fetches.add(fetch);
    const failed: PartitionReading[] = [];
    try {
      const answer = await this.#request(lane, leader, { readings, waitMs });
      this.#failures = 0;
      for (const found of answer) {
        const reading = readings.find(
          ({ topicId, partition }) => topicId === found.topicId && partition === found.partition,
        );
        if (!reading) continue;
        if (found.errorCode === 0) reading.fetched(found);
        else {
          await this.#judge(reading, BrokerRefusal.of(found.errorCode, `fetching ${reading.topic}`));
          failed.push(reading);
        }
      }
    } catch (error) {
      for (const reading of readings) await this.#judge(reading, error);
      failed.push(...readings);
    }
    this.#fetches.delete(fetch);
    this.#lanes.release(lane);
    if (failed.length > 0) this.#retryLater(failed);
    for (const reading of readings) reading.fetching = undefined;
    this.#changed();
  }

  /** How long a fetch may wait at the broker so that it ends together with those under way there. */
  #waitBeside(leader: number): number {
    const now = performance.now();
    const others = [...this.#fetches].filter((fetch) => fetch.leader === leader && fetch.endsAt > now - lateByMs);
    return Math.min(this.#maxWaitMs, ...others.map(({ endsAt }) => endsAt - now));
  }

  async #request(
    lane: Links,
    leader: number,
    { readings, waitMs }: { readonly readings: readonly PartitionReading[]; readonly waitMs: number },
  ): Promise<FetchedPartition[]> {
    const topics = [...new Set(readings.map(({ topicId }) => topicId))].map((topicId) => ({
      topicId: topicId ?? '',
      partitions: readings
        .filter((reading) => reading.topicId === topicId)
        .map(({ partition, position }) => ({
          partition,
          currentLeaderEpoch: -1,
          fetchOffset: BigInt(position),
          lastFetchedEpoch: -1,
          partitionMaxBytes: this.#maxBytesPerPartition,
        })),
    }));
    return lane
      .to(leader)
      .call(
        fetchPartitions,
        Math.round(waitMs),
        1,
        this.#maxBytes,
        readCommitted,
        noSession.id,
        noSession.epoch,
        topics,
        [],
        '',
      );
  }

  /** Decides what a failed fetch means: nothing that passes, or something to tell the caller. */
  async #judge(reading: PartitionReading, error: unknown): Promise<void> {
    const ids = brokerErrors(error);
    const { topic } = reading;
    this.#cluster.forget(this.#cluster.settings.naming.full(topic));
    try {
      if (ids.has('OFFSET_OUT_OF_RANGE')) await this.#outOfRange(reading);
      else if (error instanceof UnknownTopicError || unknownTopic.some((id) => ids.has(id))) this.#unknown(reading);
      else if (!isConnectionFailure(error) && !wasNotDone(error)) {
        reading.failure = toTailraceError(error, `reading ${topic}`);
      }
    } catch (failure) {
      if (!(failure instanceof ConnectionLostError)) reading.failure = failure;
    }
  }

  /** Together, so that they are one request again. */
  #retryLater(readings: readonly PartitionReading[]): void {
    const delay = Math.min(20 * 2 ** Math.min(this.#failures++, 6), 1000);
    for (const reading of readings) {
      reading.retryAt = performance.now() + delay;
      reading.fetching = undefined;
    }
    setTimeout(() => this.#changed(), delay + 1).unref();
  }

  async #outOfRange(reading: PartitionReading): Promise<void> {
    const { topic, partition, position } = reading;
    const ask = async (query: OffsetQuery) => (await listOffsets(this.#cluster, topic, [partition], query))[0] ?? 0;
    const [earliest, latest, end] = await Promise.all([ask('earliest'), ask('latest'), ask('end')]);
    if (position >= earliest && position <= end) return;
    reading.failure = new OffsetOutOfRangeError({ topic, partition, offset: position }, earliest, latest);
  }

  #unknown(reading: PartitionReading): void {
    reading.unknownSince ??= performance.now();
    if (performance.now() - reading.unknownSince > unknownTopicGraceMs) {
      reading.failure = new UnknownTopicError(reading.topic);
    }
  }
}

const unknownTopic = ['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID', 'INCONSISTENT_TOPIC_ID'];

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
