import { ReaderClosedError, TopicRecreatedError, UnknownTopicError } from '../errors.ts';
import type {
  FetchedBatch,
  Reader,
  ReaderOptions,
  TopicPartition,
  TopicPartitionOffset,
  Unanswered,
} from '../kafka.ts';
import { partitionKey } from '../partition-key.ts';
import type { Cluster, TopicMetadata } from './cluster.ts';
import { mapError } from './map-error.ts';
import { type Arrival, type FetchLimits, type FetchPosition, fetchFrom } from './partition-fetch.ts';

interface Position extends TopicPartition {
  offset: number;
  paused: boolean;
  /** Undefined until it was looked up, and again when it has moved. */
  leader: number | undefined;
  /** Since when it has been asked for without an answer (`performance.now()`); undefined when nothing is owed. */
  waitingSince: number | undefined;
  /** How the last try failed; undefined when it did not. */
  failedBy: string | undefined;
}

/** A request under way to one node, and what it asks for. */
interface Fetch {
  readonly offsets: ReadonlyMap<string, number>;
}

const defaults = { maxWaitMs: 500, maxBytes: 4 * 1024 * 1024 };
/** A poll outlasts its fetch by this much, so that usually the broker ends the wait and not we. */
const slackMs = 50;
const pauses = { firstMs: 50, maxMs: 1000 };

/**
 * Reads partitions without a group, which kafkajs' consumer cannot. One Fetch is under way to each node, and only while
 * somebody polls or after a poll was cut short: what it brings is kept for the next poll, and nothing is fetched ahead.
 */
export class KafkajsReader implements Reader {
  readonly #cluster: Cluster;
  readonly #limits: FetchLimits;
  readonly #closed: () => void;
  /** In the order of fetching: a partition that gave records goes to the end, as an answer has room for few. */
  readonly #positions = new Map<string, Position>();
  /** The topics this reader began with. */
  readonly #topicIds = new Map<string, string>();
  readonly #fetches = new Map<number, Fetch>();
  #arrivals: Arrival[] = [];
  #failure: unknown;
  #locating = false;
  #polling = false;
  #retryAt = 0;
  #pauseMs = pauses.firstMs;
  #wake: () => void = () => undefined;

  private constructor(cluster: Cluster, options: ReaderOptions, closed: () => void) {
    const { maxWaitMs = defaults.maxWaitMs, maxBytes = defaults.maxBytes } = options;
    this.#cluster = cluster;
    this.#limits = { maxWaitMs, maxBytes, maxBytesPerPartition: options.maxBytesPerPartition ?? maxBytes };
    this.#closed = closed;
  }

  /**
   * @param closed called when the reader is closed.
   * @throws UnknownTopicError
   */
  static async open(cluster: Cluster, options: ReaderOptions, closed: () => void): Promise<KafkajsReader> {
    const reader = new KafkajsReader(cluster, options, closed);
    const names = [...new Set(options.positions.map(({ topic }) => topic))];
    const found = names.length === 0 ? new Map() : await cluster.persist('anything', () => cluster.describe(names));
    for (const position of options.positions) {
      reader.seek(position);
      const failure = reader.#locate(reader.#positions.get(partitionKey(position))!, found);
      if (failure) throw failure;
    }
    return reader;
  }

  async poll(signal?: AbortSignal): Promise<FetchedBatch[]> {
    if (this.#isClosed) throw new ReaderClosedError();
    if (this.#polling) throw new Error('a poll of this reader is under way');
    this.#polling = true;
    try {
      return await this.#poll(signal);
    } finally {
      this.#polling = false;
    }
  }

  seek({ topic, partition, offset }: TopicPartitionOffset): void {
    const position = this.#positions.get(partitionKey({ topic, partition }));
    if (position) position.offset = offset;
    else {
      const added = {
        topic,
        partition,
        offset,
        paused: false,
        leader: undefined,
        waitingSince: undefined,
        failedBy: undefined,
      };
      this.#positions.set(partitionKey(added), added);
    }
    this.#wake();
  }

  remove(partition: TopicPartition): void {
    this.#positions.delete(partitionKey(partition));
  }

  pause(partition: TopicPartition): void {
    const position = this.#positions.get(partitionKey(partition));
    if (position) position.paused = true;
  }

  resume(partition: TopicPartition): void {
    const position = this.#positions.get(partitionKey(partition));
    if (position) position.paused = false;
    this.#wake();
  }

  unanswered(): readonly Unanswered[] {
    const now = performance.now();
    return [...this.#positions.values()].flatMap(({ topic, partition, paused, leader, waitingSince, failedBy }) => {
      const isAsked = failedBy !== undefined || this.#locating || (leader !== undefined && this.#fetches.has(leader));
      if (waitingSince === undefined || paused || !isAsked) return [];
      const address = leader === undefined ? undefined : this.#cluster.connections.addressOf(leader);
      const why = address === undefined ? (failedBy ?? 'the cluster') : `broker ${address}`;
      return [{ topic, partition, forMs: now - waitingSince, why }];
    });
  }

  async close(): Promise<void> {
    this.#cluster.connections.close();
    this.#wake();
    this.#closed();
  }

  get #isClosed(): boolean {
    return this.#cluster.connections.closed.aborted;
  }

  async #poll(signal: AbortSignal | undefined): Promise<FetchedBatch[]> {
    const deadline = performance.now() + this.#limits.maxWaitMs + slackMs;
    for (;;) {
      if (this.#isClosed) return [];
      const batches = this.#takeArrivals();
      if (batches.length > 0) return batches;
      this.#throwFailure();
      const leftMs = deadline - performance.now();
      if (signal?.aborted || leftMs <= 0) return [];
      // What is asked for now would be answered in the next poll: let that one ask.
      const over = leftMs <= slackMs;
      if (over && this.#fetches.size === 0) return [];
      if (!over) this.#fetchAll();
      await this.#change(leftMs, signal);
    }
  }

  /** What arrived for positions that are still where they were, and moves them on. */
  #takeArrivals(): FetchedBatch[] {
    const batches: FetchedBatch[] = [];
    let moved = false;
    for (const { position: asked, outcome } of this.#arrivals) {
      const key = partitionKey(asked);
      const position = this.#positions.get(key);
      if (!position || position.paused || position.offset !== asked.offset) continue;
      if (outcome.kind === 'failed') this.#failure = outcome.error;
      if (outcome.kind === 'moved') position.failedBy = `${partitionKey(position)} has no leader`;
      else {
        position.waitingSince = undefined;
        position.failedBy = undefined;
      }
      if (outcome.kind === 'moved') {
        position.leader = undefined;
        moved = true;
      }
      if (outcome.kind !== 'batch') continue;
      batches.push(outcome.batch);
      position.offset = outcome.batch.nextOffset;
      this.#positions.delete(key);
      this.#positions.set(key, position);
    }
    this.#arrivals = [];
    if (moved) this.#backOff();
    return batches;
  }

  /** Once: the next poll finds out again. */
  #throwFailure(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  /** Starts what is not under way: the look-up of leaders, and a fetch from each. */
  #fetchAll(): void {
    if (performance.now() < this.#retryAt) return;
    const wanted = [...this.#positions.values()].filter(({ paused }) => !paused);
    for (const position of wanted) position.waitingSince ??= performance.now();
    const lost = wanted.filter(({ leader }) => leader === undefined);
    if (lost.length > 0 && !this.#locating) void this.#locateAll(lost);
    for (const [leader, positions] of Map.groupBy(wanted, (position) => position.leader)) {
      if (leader !== undefined) this.#fetch(leader, positions);
    }
  }

  #fetch(leader: number, positions: readonly Position[]): void {
    const under = this.#fetches.get(leader);
    if (under) {
      if (positions.every((position) => under.offsets.get(partitionKey(position)) === position.offset)) return;
      // It waits at the broker for something else; only cutting the connection ends that.
      this.#cluster.connections.dropNode(leader);
    }
    const asked = positions.map(({ topic, partition, offset }): FetchPosition => {
      return { topic, partition, offset, topicId: this.#topicIds.get(topic)! };
    });
    const fetch: Fetch = { offsets: new Map(asked.map((position) => [partitionKey(position), position.offset])) };
    this.#fetches.set(leader, fetch);
    void fetchFrom(this.#cluster, leader, asked, this.#limits).then(
      (arrivals) =>
        this.#ended(leader, fetch, () => {
          this.#pauseMs = pauses.firstMs;
          this.#arrivals.push(...arrivals);
        }),
      (error: unknown) => this.#ended(leader, fetch, () => this.#unreachable(error, positions)),
    );
  }

  #ended(leader: number, fetch: Fetch, settle: () => void): void {
    // Another one has taken its place.
    if (this.#fetches.get(leader) !== fetch) return;
    this.#fetches.delete(leader);
    settle();
    this.#wake();
  }

  async #locateAll(positions: readonly Position[]): Promise<void> {
    this.#locating = true;
    try {
      const found = await this.#cluster.describe([...new Set(positions.map(({ topic }) => topic))]);
      const failures = positions.flatMap((position) => this.#locate(position, found) ?? []);
      this.#failure ??= failures[0];
      if (positions.some(({ leader }) => leader === undefined)) this.#backOff();
    } catch (error) {
      this.#unreachable(error, positions);
    } finally {
      this.#locating = false;
      this.#wake();
    }
  }

  #locate(position: Position, found: ReadonlyMap<string, TopicMetadata>): Error | undefined {
    const { topic, partition } = position;
    const metadata = found.get(topic);
    if (!metadata) return new UnknownTopicError(topic);
    const leader = metadata.leaders[partition];
    if (leader === undefined) return new UnknownTopicError(`${topic}[${partition}]`);
    const id = this.#topicIds.get(topic) ?? metadata.id;
    if (id !== metadata.id) return new TopicRecreatedError(topic);
    this.#topicIds.set(topic, id);
    position.leader = leader < 0 ? undefined : leader;
    return undefined;
  }

  /** An unreachable broker is waited for; anything else that no retry mends is the next poll's error. */
  #unreachable(error: unknown, positions: readonly Position[]): void {
    const failure = mapError(error, 'reading');
    if (failure.remedy === 'give-up') this.#failure ??= failure;
    for (const position of positions) {
      position.leader = undefined;
      position.failedBy = failure.message;
    }
    this.#backOff();
  }

  #backOff(): void {
    this.#retryAt = performance.now() + this.#pauseMs;
    this.#pauseMs = Math.min(this.#pauseMs * 2, pauses.maxMs);
  }

  /** Resolves when something may have changed, or the wait is over. */
  async #change(leftMs: number, signal: AbortSignal | undefined): Promise<void> {
    const changed = Promise.withResolvers<void>();
    this.#wake = changed.resolve;
    const retryMs = this.#retryAt - performance.now();
    const timer = setTimeout(changed.resolve, retryMs > 0 ? Math.min(leftMs, retryMs) : leftMs);
    signal?.addEventListener('abort', this.#wake);
    await changed.promise;
    clearTimeout(timer);
    signal?.removeEventListener('abort', this.#wake);
    this.#wake = () => undefined;
  }
}
