import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import type { OutgoingRecord, TransactionalProducer } from '@tailrace/kafka/kafka.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';

export interface PartitionWriterOptions {
  readonly producer: TransactionalProducer;
  /** Aborts when somebody else owns the partition: nothing is committed any more. */
  readonly lost: AbortSignal;
  readonly logger: Logger;
  /** Called after each commit. */
  readonly committed?: (records: number, tookMs: number) => void;
  /** Least time from one transaction's begin to the next, milliseconds. Default 20. */
  readonly intervalMs?: number;
}

/** A transaction takes no more than one write past this. */
const maxTransactionBytes = 8 * 1024 * 1024;
const defaultIntervalMs = 20;

interface Write {
  readonly records: readonly OutgoingRecord[];
  readonly bytes: number;
  readonly settled: PromiseWithResolvers<void>;
}

/**
 * The one producer of an owned partition. Writes of all that lives in it (connections, replays) that come while a
 * transaction is under way share the next one: a quiet one commits at once, and a busy process does not make a
 * transaction an event.
 *
 * Writes are committed in the order of the calls, each whole. The first failure fails every write that is waiting and all
 * later ones, because what was in flight may or may not have been committed: the owner must make a new producer, and
 * read again what was committed.
 */
export class PartitionWriter {
  readonly #options: PartitionWriterOptions;
  readonly #queue: Write[] = [];
  readonly #failure = Promise.withResolvers<never>();
  #error: { readonly cause: unknown } | undefined;
  #working: Promise<void> | undefined;
  #lastBegun = Number.NEGATIVE_INFINITY;

  constructor(options: PartitionWriterOptions) {
    this.#options = options;
    this.#failure.promise.catch(() => undefined);
  }

  /** Rejects when a transaction failed. */
  get failed(): Promise<never> {
    return this.#failure.promise;
  }

  get hasFailed(): boolean {
    return this.#error !== undefined;
  }

  /** Resolves once the records are committed. */
  write(records: readonly OutgoingRecord[]): Promise<void> {
    if (this.#error) return Promise.reject(this.#error.cause);
    if (records.length === 0) return Promise.resolve();
    const bytes = records.reduce((sum, { value, key }) => sum + (value?.length ?? 0) + (key?.length ?? 0), 0);
    const settled = Promise.withResolvers<void>();
    this.#queue.push({ records, bytes, settled });
    this.#working ??= this.#work();
    return settled.promise;
  }

  /** Resolves when nothing is waiting or under way any more, whether it was committed or failed. */
  async idle(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    const { intervalMs = defaultIntervalMs } = this.#options;
    while (this.#queue.length > 0) {
      const waitMs = this.#lastBegun + intervalMs - performance.now();
      if (waitMs > 0) await delay(waitMs);
      this.#lastBegun = performance.now();
      const writes = this.#take();
      try {
        await this.#commit(writes);
      } catch (error) {
        this.#fail(error, writes);
        break;
      }
      for (const { settled } of writes) settled.resolve();
    }
    // Here and not when the promise settles: a write in between would find nobody at work.
    this.#working = undefined;
  }

  #take(): readonly Write[] {
    let bytes = 0;
    const end = this.#queue.findIndex((write) => {
      bytes += write.bytes;
      return bytes >= maxTransactionBytes;
    });
    return this.#queue.splice(0, end < 0 ? this.#queue.length : end + 1);
  }

  async #commit(writes: readonly Write[]): Promise<void> {
    const { producer, lost, logger, committed } = this.#options;
    lost.throwIfAborted();
    const records = writes.flatMap((write) => write.records);
    const transaction = producer.begin();
    try {
      await transaction.send(records);
      lost.throwIfAborted();
      await transaction.commit();
    } catch (error) {
      await transaction.abort().catch(() => undefined);
      throw error;
    }
    const tookMs = performance.now() - this.#lastBegun;
    logger.debug({ writes: writes.length, records: records.length, ms: Math.round(tookMs) }, 'transaction committed');
    committed?.(records.length, tookMs);
  }

  #fail(error: unknown, writes: readonly Write[]): void {
    this.#error = { cause: error };
    // The partition's task ends by it, and its owner says so.
    this.#options.logger.debug({ err: error }, `transaction failed: ${messageOf(error)}`);
    this.#failure.reject(error);
    for (const { settled } of [...writes, ...this.#queue.splice(0)]) settled.reject(error);
  }
}
