import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import { TopicRecreatedError } from '@tailrace/kafka/errors.ts';
import type { FetchedBatch, Kafka, Reader } from '@tailrace/kafka/kafka.ts';
import type { Position } from '@tailrace/log-query/live-cursor.ts';
import { Backoff } from '@tailrace/stream/backoff.ts';
import { pollPastRetention } from '@tailrace/stream/reading/poll-past-retention.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import type { Incoming, Lane } from '../viewers/lane.ts';

export interface LiveReaderOptions {
  readonly kafka: Kafka;
  readonly position: Position;
  readonly logger: Logger;
  /** Called after each round of the log that was read. */
  readonly onRead?: ((records: number) => void) | undefined;
  /** Called before each round is read, right after the one before has been given to the lanes. None is busy once it resolves. */
  readonly beforeRound: () => Promise<void>;
}

/** Reads the live end of `logs`, round by round, and gives each record to the lane of its project, if there is one. */
export class LiveReader {
  readonly lanes = new Map<string, Lane>();
  readonly #options: LiveReaderOptions;
  readonly #stop = new AbortController();
  #position: Position;
  #trouble: unknown;
  /** Rejects when the log is not the one that was being read. */
  readonly done: Promise<void>;

  constructor(options: LiveReaderOptions) {
    this.#options = options;
    this.#position = options.position;
    this.done = this.#run(this.#stop.signal);
    this.done.catch(() => undefined);
  }

  /** The next offset of each partition that was not given to the lanes. */
  get position(): Position {
    return this.#position;
  }

  /** Why the log cannot be read at the moment. */
  get trouble(): unknown {
    return this.#trouble;
  }

  /** Ends the reading after the round that is under way. */
  stop(): void {
    this.#stop.abort(new Error('the live end is not read any more'));
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { kafka, logger, beforeRound } = this.#options;
    const backoff = new Backoff({ initialMs: 100, maxMs: 5000 });
    while (!signal.aborted) {
      let reader: Reader | undefined;
      try {
        reader = await kafka.reader({ positions: this.#positions(), maxWaitMs: 5000 });
        for (;;) {
          await beforeRound();
          if (signal.aborted) break;
          const batches = await this.#poll(reader, signal);
          if (signal.aborted) break;
          this.#deliver(batches);
          this.#trouble = undefined;
          backoff.reset();
        }
      } catch (error) {
        if (error instanceof TopicRecreatedError) throw error;
        this.#trouble = error;
        logger.warn({ err: error }, `the live end cannot be read, trying again: ${messageOf(error)}`);
        await backoff.wait(signal);
      } finally {
        await reader?.close();
      }
    }
  }

  #positions() {
    return this.#position.map((offset, partition) => ({ topic: topics.logs.name, partition, offset }));
  }

  #poll(reader: Reader, signal: AbortSignal): Promise<readonly FetchedBatch[]> {
    return pollPastRetention(reader, signal, ({ partition }, goesOnAt) => {
      this.#position = this.#position.with(partition, goesOnAt);
      for (const lane of [...this.lanes.values()]) lane.lose(this.#position);
    });
  }

  #deliver(batches: readonly FetchedBatch[]): void {
    if (batches.length === 0) return;
    const position = [...this.#position];
    const incoming = new Map<Lane, Incoming[]>();
    let records = 0;
    for (const batch of batches) {
      const { partition } = batch;
      position[partition] = batch.nextOffset;
      records += batch.records.length;
      for (const record of batch.records) {
        const project = record.headers.get('project')?.toString();
        const lane = project === undefined ? undefined : this.lanes.get(project);
        if (!lane) continue;
        const found = incoming.get(lane);
        if (found) found.push({ partition, record });
        else incoming.set(lane, [{ partition, record }]);
      }
    }
    this.#position = position;
    for (const lane of [...this.lanes.values()]) lane.take(incoming.get(lane) ?? [], position);
    this.#options.onRead?.(records);
  }
}
