import { setImmediate as nextTurn } from 'node:timers/promises';
import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import { OffsetOutOfRangeError, TopicRecreatedError } from '@tailrace/kafka/errors.ts';
import type { FetchedBatch, Kafka } from '@tailrace/kafka/kafka.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { Backoff } from '../backoff.ts';

/** A change of a table: the value it has now (undefined when deleted) and had before. */
export interface TableChange<Value> {
  readonly key: string;
  readonly value: Value | undefined;
  readonly previous: Value | undefined;
  /** -1 for a key that is gone without a deletion: found missing when the table was read again, or past its retention. */
  readonly partition: number;
  /** False while the table is first read: what is reported then is how things stand, not news. */
  readonly live: boolean;
}

export interface TableOptions<Value> {
  readonly kafka: Kafka;
  readonly topic: TopicSpec<Value>;
  readonly logger: Logger;
  /** Left out: every partition. */
  readonly partitions?: readonly number[];
  readonly onChange?: (change: TableChange<Value>) => void;
}

/** A compacted topic as the map it stands for, kept current. Read it anywhere; write it by producing to the topic. */
export interface Table<Value> {
  get(key: string): Value | undefined;
  entries(): IterableIterator<[string, Value]>;
  readonly size: number;
  /** Resolves once everything that was in the topic at opening has been read. */
  readonly caughtUp: Promise<void>;
  readonly isCaughtUp: boolean;
  /**
   * Resolves when the predicate holds for the key's value, now or after a later change: how a writer reads its own write.
   * Rejects with the signal's reason.
   */
  until(key: string, predicate: (value: Value | undefined) => boolean, signal: AbortSignal): Promise<void>;
  /**
   * Resolves when every record of the partition below the offset has been read: how a fenced writer makes sure that it
   * has seen what others wrote before it. Rejects with the signal's reason.
   */
  untilOffset(partition: number, offset: number, signal: AbortSignal): Promise<void>;
  /** The next offset of the partition that is to be read; 0 before it is known. */
  position(partition: number): number;
  close(): Promise<void>;
}

/** How often what is past its retention is looked for. */
const sweepEveryMs = 60 * 60 * 1000;
/** How long changes are applied before everything else in the process gets a turn. */
const turnMs = 10;

/**
 * Materialises a table. Where the topic removes what is old, so does the table. It survives a broker that goes away: it goes on where it was, or, where the topic's beginning
 * has moved past that, reads again. A value that cannot be decoded is logged and leaves the key as it was.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one object whose methods share the state of its reading.
export function openTable<Value>(options: TableOptions<Value>): Table<Value> {
  const { kafka, topic, logger, onChange } = options;
  const values = new Map<string, Value>();
  const positions = new Map<number, number>();
  /** Keys of before a reading from the beginning that have not come up again. */
  const stale = new Set<string>();
  /** Times of the keys' values, milliseconds, where the topic has a retention. */
  const times = new Map<string, number>();
  const retentionMs = topic.config['cleanup.policy']?.includes('delete')
    ? Number(topic.config['retention.ms'])
    : Infinity;
  let sweptAt = Number.NEGATIVE_INFINITY;
  const waiting = new Set<() => void>();
  const stop = new AbortController();
  const caughtUp = Promise.withResolvers<void>();
  caughtUp.promise.catch(() => undefined);
  let isCaughtUp = false;

  function change(key: string, value: Value | undefined, partition: number): void {
    const previous = values.get(key);
    stale.delete(key);
    if (value === undefined) {
      values.delete(key);
      times.delete(key);
    } else values.set(key, value);
    onChange?.({ key, value, previous, partition, live: isCaughtUp });
  }

  /** What a change sets off may take a millisecond, and a batch has thousands: the rest of the process has its turn in between. */
  async function apply({ records, partition, nextOffset }: FetchedBatch): Promise<void> {
    let began = performance.now();
    for (const { key, value, offset, timestamp } of records) {
      if (performance.now() - began >= turnMs) {
        await nextTurn();
        began = performance.now();
      }
      if (key === null) continue;
      try {
        change(key.toString(), value === null ? undefined : topic.codec.decode(value), partition);
        if (value !== null && Number.isFinite(retentionMs)) times.set(key.toString(), timestamp);
      } catch (error) {
        const where = { topic: topic.name, partition, offset };
        logger.error({ ...where, err: error }, 'unreadable table record: its key stays as it was');
      }
    }
    positions.set(partition, nextOffset);
    for (const check of waiting) check();
  }

  function sweep(): void {
    const now = Date.now();
    if (!Number.isFinite(retentionMs) || now - sweptAt < sweepEveryMs) return;
    sweptAt = now;
    for (const [key, time] of [...times]) if (time < now - retentionMs) change(key, undefined, -1);
  }

  /** Resolves when the condition holds, now or after a batch. */
  function wait(condition: () => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        waiting.delete(check);
        signal.removeEventListener('abort', abort);
        settle();
      };
      const check = () => {
        if (condition()) finish(resolve);
      };
      const abort = () => finish(() => reject(signal.reason));
      if (signal.aborted) return reject(signal.reason);
      waiting.add(check);
      signal.addEventListener('abort', abort);
      check();
    });
  }

  /** Everything up to the end that was there at the start has been read: what was not seen again is gone. */
  function reachedEnd(): void {
    for (const key of [...stale]) change(key, undefined, -1);
    if (isCaughtUp) return;
    isCaughtUp = true;
    caughtUp.resolve();
  }

  async function follow(): Promise<void> {
    const [earliest, ends] = await Promise.all([
      kafka.admin.offsets(topic.name, 'earliest'),
      kafka.admin.offsets(topic.name, 'last_stable'),
    ]);
    const starts = earliest
      .map((offset, partition) => ({ topic: topic.name, partition, offset: positions.get(partition) ?? offset }))
      .filter(({ partition }) => options.partitions === undefined || options.partitions.includes(partition));
    for (const { partition, offset } of starts) positions.set(partition, offset);
    const behind = new Set(
      starts.filter(({ partition, offset }) => offset < (ends[partition] ?? 0)).map(({ partition }) => partition),
    );
    if (behind.size === 0) reachedEnd();
    const reader = await kafka.reader({ positions: starts, maxWaitMs: 5000 });
    try {
      while (!stop.signal.aborted) {
        for (const batch of await reader.poll(stop.signal)) {
          await apply(batch);
          if (batch.nextOffset < (ends[batch.partition] ?? 0)) continue;
          if (behind.delete(batch.partition) && behind.size === 0) reachedEnd();
        }
        if (isCaughtUp) sweep();
        backoff.reset();
      }
    } finally {
      await reader.close();
    }
  }

  const backoff = new Backoff({ initialMs: 100, maxMs: 5000 });
  const following = (async () => {
    while (!stop.signal.aborted) {
      try {
        await follow();
      } catch (error) {
        if (stop.signal.aborted) break;
        if (error instanceof OffsetOutOfRangeError || error instanceof TopicRecreatedError) {
          positions.clear();
          for (const key of values.keys()) stale.add(key);
        }
        logger.warn({ topic: topic.name, err: error }, `reading the table again: ${messageOf(error)}`);
        await backoff.wait(stop.signal);
      }
    }
    caughtUp.reject(new Error(`table ${topic.name} was closed before it was read`));
  })();

  return {
    get: (key) => values.get(key),
    entries: () => values.entries(),
    get size() {
      return values.size;
    },
    caughtUp: caughtUp.promise,
    get isCaughtUp() {
      return isCaughtUp;
    },
    until: (key, predicate, signal) => wait(() => predicate(values.get(key)), signal),
    untilOffset: (partition, offset, signal) => wait(() => (positions.get(partition) ?? -1) >= offset, signal),
    position: (partition) => positions.get(partition) ?? 0,
    close: async () => {
      stop.abort();
      await following;
    },
  };
}
