import { setImmediate as nextTurn } from 'node:timers/promises';
import { OffsetOutOfRangeError, ReaderClosedError, TopicRecreatedError } from '../errors.ts';
import type {
  FetchedBatch,
  Reader,
  ReaderOptions,
  TopicPartition,
  TopicPartitionOffset,
  Unanswered,
} from '../kafka.ts';
import { partitionKey } from '../partition-key.ts';
import type { Clock } from './clock.ts';
import type { ClientProcess } from './process.ts';
import type { TopicStore } from './topic-store.ts';

interface Position extends TopicPartition {
  /** The topic this position is about; another topic of the same name has another id. */
  readonly topicId: string;
  offset: number;
  paused: boolean;
}

interface Sources {
  readonly topics: TopicStore;
  readonly clock: Clock;
  readonly process: ClientProcess;
}

/** Reads committed records straight from the logs. */
export class MemoryReader implements Reader {
  readonly #sources: Sources;
  readonly #maxWaitMs: number;
  readonly #maxBytes: number;
  readonly #maxBytesPerPartition: number;
  readonly #closed = new AbortController();
  /** In the order of reading: a partition that gave records goes to the end. */
  readonly #positions = new Map<string, Position>();
  /** Ends the wait of the poll under way. */
  #wake: (() => void) | undefined;

  /** @throws UnknownTopicError */
  constructor(sources: Sources, options: ReaderOptions) {
    this.#sources = sources;
    this.#maxWaitMs = options.maxWaitMs ?? 500;
    this.#maxBytes = options.maxBytes ?? 4 * 1024 * 1024;
    this.#maxBytesPerPartition = options.maxBytesPerPartition ?? this.#maxBytes;
    for (const position of options.positions) this.seek(position);
  }

  async poll(signal?: AbortSignal): Promise<FetchedBatch[]> {
    if (this.#closed.signal.aborted) throw new ReaderClosedError();
    const { clock, process } = this.#sources;
    // As a real fetch does, give everything else a turn: a busy loop of polls must not starve timers.
    await nextTurn();
    let over = false;
    const stopTimer = clock.after(this.#maxWaitMs, () => {
      over = true;
      this.#wake?.();
    });
    const ends = [this.#closed.signal, ...(signal ? [signal] : [])];
    const wake = () => this.#wake?.();
    for (const end of ends) end.addEventListener('abort', wake);
    try {
      for (;;) {
        if (process.paused) await process.running().catch(() => undefined);
        if (this.#closed.signal.aborted) return [];
        const batches = process.crashed ? [] : this.#readAll();
        if (batches.length > 0 || over || signal?.aborted) return batches;
        await this.#changed();
      }
    } finally {
      stopTimer();
      for (const end of ends) end.removeEventListener('abort', wake);
    }
  }

  seek({ topic, partition, offset }: TopicPartitionOffset): void {
    const key = partitionKey({ topic, partition });
    const before = this.#positions.get(key);
    this.#sources.topics.log({ topic, partition });
    const topicId = before?.topicId ?? this.#sources.topics.get(topic).id;
    this.#positions.set(key, { topic, partition, topicId, offset, paused: before?.paused ?? false });
    this.#wake?.();
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
    this.#wake?.();
  }

  unanswered(): readonly Unanswered[] {
    const { silentMs } = this.#sources.process;
    if (silentMs === 0) return [];
    return [...this.#positions.values()].flatMap(({ topic, partition, paused }) =>
      paused ? [] : [{ topic, partition, forMs: silentMs, why: 'the in-memory broker' }],
    );
  }

  async close(): Promise<void> {
    this.#closed.abort();
  }

  /** Resolves when something may have become readable, or the wait is over. */
  async #changed(): Promise<void> {
    const { topics } = this.#sources;
    const changed = Promise.withResolvers<void>();
    this.#wake = changed.resolve;
    const logs = [...this.#positions.values()].flatMap(
      ({ topic, partition }) => topics.find(topic)?.logs[partition] ?? [],
    );
    const unwatch = logs.map((log) => log.watch(changed.resolve));
    await changed.promise;
    this.#wake = undefined;
    for (const stop of unwatch) stop();
  }

  #readAll(): FetchedBatch[] {
    const batches: FetchedBatch[] = [];
    let left = this.#maxBytes;
    for (const [key, position] of [...this.#positions]) {
      if (position.paused) continue;
      if (batches.length > 0 && left <= 0) break;
      let read: { batch: FetchedBatch | undefined; bytes: number };
      try {
        read = this.#read(position, Math.min(left, this.#maxBytesPerPartition));
      } catch (error) {
        // What was read has moved its positions: it is given first, and the next poll fails.
        if (batches.length > 0) return batches;
        throw error;
      }
      const { batch, bytes } = read;
      if (!batch) continue;
      batches.push(batch);
      left -= bytes;
      position.offset = batch.nextOffset;
      this.#positions.delete(key);
      this.#positions.set(key, position);
    }
    return batches;
  }

  #read(position: Position, maxBytes: number): { batch: FetchedBatch | undefined; bytes: number } {
    const { topic: name, partition, offset, topicId } = position;
    const topic = this.#sources.topics.get(name);
    if (topic.id !== topicId) throw new TopicRecreatedError(name);
    const log = this.#sources.topics.log(position);
    const lastStableOffset = log.lastStableOffset;
    if (offset < log.start || offset > log.end) {
      throw new OffsetOutOfRangeError({ topic: name, partition, offset }, log.start, lastStableOffset);
    }
    const { records, nextOffset, bytes } = log.read(offset, maxBytes);
    if (nextOffset <= offset) return { batch: undefined, bytes };
    return { batch: { topic: name, partition, records, nextOffset, lastStableOffset }, bytes };
  }
}
