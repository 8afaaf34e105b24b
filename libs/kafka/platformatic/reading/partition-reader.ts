import { ReaderClosedError, UnknownTopicError } from '../../errors.ts';
import type {
  FetchedBatch,
  Reader,
  ReaderOptions,
  TopicPartition,
  TopicPartitionOffset,
  Unanswered,
} from '../../kafka.ts';
import { partitionKey } from '../../partition-key.ts';
import type { Cluster } from '../cluster.ts';
import { type FetchLimits, PartitionFetcher } from './partition-fetcher.ts';
import { PartitionReading } from './partition-reading.ts';

const defaults = { maxWaitMs: 500, maxBytes: 4 * 1024 * 1024, maxBytesPerPartition: 1024 * 1024 };

/**
 * Reads by Fetch requests of its own: one a leader for all its partitions, waiting at the broker, the next one under way
 * while the caller works on what the last one brought.
 */
export class PartitionReader implements Reader {
  readonly #fetcher: PartitionFetcher;
  readonly #limits: FetchLimits;
  readonly #topicIds: ReadonlyMap<string, string>;
  readonly #onClose: () => void;
  readonly #readings = new Map<string, PartitionReading>();
  #wake = Promise.withResolvers<void>();
  #closed = false;

  private constructor(cluster: Cluster, limits: FetchLimits, topicIds: Map<string, string>, onClose: () => void) {
    this.#limits = limits;
    this.#topicIds = topicIds;
    this.#onClose = onClose;
    this.#fetcher = new PartitionFetcher(cluster, limits, topicIds, () => this.#changed());
  }

  /** @throws UnknownTopicError */
  static async open(cluster: Cluster, options: ReaderOptions, onClose: () => void): Promise<PartitionReader> {
    const topics = [...new Set(options.positions.map(({ topic }) => topic))];
    const described = await cluster.describeTopics(topics.map((topic) => cluster.settings.naming.full(topic)));
    const topicIds = new Map<string, string>();
    for (const topic of topics) {
      const found = described.get(cluster.settings.naming.full(topic));
      if (!found) throw new UnknownTopicError(topic);
      topicIds.set(topic, found.id);
    }
    const { maxWaitMs = defaults.maxWaitMs, maxBytes = defaults.maxBytes } = options;
    const { maxBytesPerPartition = Math.min(maxBytes, defaults.maxBytesPerPartition) } = options;
    const reader = new PartitionReader(cluster, { maxWaitMs, maxBytes, maxBytesPerPartition }, topicIds, onClose);
    for (const position of options.positions) reader.seek(position);
    return reader;
  }

  async poll(signal?: AbortSignal): Promise<FetchedBatch[]> {
    if (this.#closed) throw new ReaderClosedError();
    const deadline = performance.now() + this.#limits.maxWaitMs;
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
    const key = partitionKey(position);
    const before = this.#readings.get(key);
    const reading = new PartitionReading(position, this.#topicIds.get(position.topic));
    reading.paused = before?.paused ?? false;
    this.#readings.set(key, reading);
    this.#changed();
  }

  remove(partition: TopicPartition): void {
    this.#readings.delete(partitionKey(partition));
    this.#changed();
  }

  pause(partition: TopicPartition): void {
    const reading = this.#readings.get(partitionKey(partition));
    if (reading) reading.paused = true;
  }

  resume(partition: TopicPartition): void {
    const reading = this.#readings.get(partitionKey(partition));
    if (reading) reading.paused = false;
    this.#changed();
  }

  unanswered(): readonly Unanswered[] {
    const now = performance.now();
    return [...this.#readings.values()].flatMap((reading) => {
      const { topic, partition, waitingSince, waitingFor, fetching, failing, paused, failure } = reading;
      if (waitingSince === undefined || paused || failure !== undefined || !(fetching || failing)) return [];
      return [{ topic, partition, forMs: now - waitingSince, why: waitingFor }];
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#readings.clear();
    this.#fetcher.close();
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
    const room = { bytes: this.#limits.maxBytes };
    for (const [key, reading] of ready) {
      const batch = this.#decode(reading, room);
      if (!batch) continue;
      batches.push(batch);
      // A partition that was served goes to the end of the line, in the next fetch too.
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
        !paused && !hasFetched && !fetching && failure === undefined && retryAt <= now,
    );
    if (wanting.length > 0) this.#fetcher.start(wanting);
  }
}
