import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import type { Admin } from '@tailrace/kafka/kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import type { ConnectionProgress } from '@tailrace/schemas/generated/connection-progress.ts';
import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import type { PartitionProgress } from '@tailrace/schemas/generated/partition-progress.ts';
import { Backoff } from '@tailrace/stream/backoff.ts';
import type { Table } from '@tailrace/stream/reading/table.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { rawTopics, topics } from '@tailrace/topics/topics.ts';
import { readingStates } from './reading-states.ts';

export interface ProgressBarrierOptions {
  readonly admin: Pick<Admin, 'offsets' | 'committedOffsets'>;
  readonly logger: Logger;
  /** Read to its end before the tracker is made. */
  readonly statuses: Table<ConnectionStatus>;
  /** Whether anybody cares for a project. */
  readonly watches: (project: string) => boolean;
  /** Of `logs`. */
  readonly partitions: number;
  /** Least time between two rounds, milliseconds. Default 1000. */
  readonly intervalMs?: number;
  /** How long others wait for a connection that is read and whose watermark stands still, milliseconds. Default 5 min. */
  readonly patienceMs?: number;
}

/** @param end the progress holds for a reader that has read its partition of `logs` to here. */
type Offer = (progress: PartitionProgress, end: number) => void;

interface Follower {
  readonly offer: Offer;
  /** What it was offered last. */
  offered: string | undefined;
}

/** How far a connection was complete, and since when. */
interface Mark {
  readonly upTo: number;
  /** `performance.now()` */
  readonly since: number;
}

const usualPatienceMs = 300_000;

/** The consumer group between the raw topics and `logs`. */
export const normaliserGroup = 'normaliser';

/**
 * Says when what the connections call complete has come through: a status overtakes the lines it speaks of, which wait in
 * the raw topics, in the normaliser and in `logs`. So the statuses are noted first; then the ends of the raw topics; once
 * the normaliser has committed these, the ends of `logs`: who has read to there has seen every line that was noted as
 * emitted. The ends are high watermarks: behind another's open transaction there may be committed lines already.
 *
 * One round serves every task of the process. It asks nothing while no status changes.
 */
export class WatermarkTracker {
  readonly #options: ProgressBarrierOptions;
  readonly #followers = new Map<number, Follower>();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #changed = Promise.withResolvers<void>();
  readonly #marks = new Map<string, Mark>();

  constructor(options: ProgressBarrierOptions) {
    this.#options = options;
    this.#stop.signal.addEventListener('abort', () => this.#changed.resolve());
    this.#running = this.#run();
  }

  /** To be called after each change of a status, or of the projects that are watched. */
  changed(): void {
    this.#changed.resolve();
  }

  /** Offers progress to the task of a partition until it has ended. */
  follow(partition: number, offer: Offer, ended: AbortSignal): void {
    const follower: Follower = { offer, offered: undefined };
    this.#followers.set(partition, follower);
    ended.addEventListener('abort', () => {
      if (this.#followers.get(partition) === follower) this.#followers.delete(partition);
    });
    this.changed();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    const { intervalMs = 1000, logger } = this.#options;
    const backoff = new Backoff({ initialMs: 200, maxMs: 10_000 });
    for (;;) {
      await this.#changed.promise;
      if (signal.aborted) return;
      this.#changed = Promise.withResolvers();
      if (signal.aborted) return;
      try {
        await this.#round();
        backoff.reset();
        await delay(intervalMs, undefined, { signal }).catch(() => undefined);
      } catch (error) {
        if (signal.aborted) return;
        logger.warn(
          { err: error },
          `how far lines are complete cannot be found out, trying again: ${messageOf(error)}`,
        );
        this.changed();
        await backoff.wait(signal);
      }
    }
  }

  async #round(): Promise<void> {
    const { statuses } = this.#options;
    for (const id of this.#marks.keys()) if (statuses.get(id) === undefined) this.#marks.delete(id);
    const news = [...this.#followers].flatMap(([partition, follower]) => {
      const progress = this.#progressOf(partition);
      const text = JSON.stringify(progress);
      return text === follower.offered ? [] : [{ partition, follower, progress, text }];
    });
    if (news.length === 0) return;
    await this.#normalised();
    const ends = await this.#options.admin.offsets(topics.logs.name, 'high_watermark');
    for (const { partition, follower, progress, text } of news) {
      if (this.#followers.get(partition) !== follower) continue;
      follower.offered = text;
      follower.offer(progress, ends[partition] ?? 0);
    }
  }

  #progressOf(partition: number): PartitionProgress {
    const { statuses, watches, partitions } = this.#options;
    const connections: ConnectionProgress[] = [];
    for (const [id, { project_id, state, complete_up_to }] of statuses.entries()) {
      if (!watches(project_id) || partitionFor(id, partitions) !== partition) continue;
      const reading = complete_up_to !== null && readingStates.has(state) && this.#moves(id, complete_up_to);
      connections.push({ connection_id: id, project_id, complete_up_to: complete_up_to ?? 0, reading });
    }
    return { partition, partitions, connections };
  }

  /** Whether a connection's watermark has moved lately. One that stands holds nobody back: its own status says why it does. */
  #moves(id: string, upTo: number): boolean {
    const { patienceMs = usualPatienceMs } = this.#options;
    const now = performance.now();
    const mark = this.#marks.get(id);
    if (mark?.upTo === upTo) return now - mark.since < patienceMs;
    this.#marks.set(id, { upTo, since: now });
    return true;
  }

  /** Resolves when the normaliser has committed everything that the raw topics have now. */
  async #normalised(): Promise<void> {
    const { admin } = this.#options;
    const { signal } = this.#stop;
    const names = Object.values(rawTopics).map(({ name }) => name);
    const ends = new Map<string, readonly number[]>();
    for (const name of names) ends.set(name, await admin.offsets(name, 'high_watermark'));
    const backoff = new Backoff({ initialMs: 50, maxMs: 2000 });
    for (;;) {
      const committed = new Map<string, number>();
      for (const { topic, partition, offset } of await admin.committedOffsets(normaliserGroup, names)) {
        committed.set(`${topic}/${partition}`, offset);
      }
      const through = (name: string) =>
        ends.get(name)?.every((end, partition) => end === 0 || (committed.get(`${name}/${partition}`) ?? 0) >= end);
      if (names.every(through)) return;
      await backoff.wait(signal);
      signal.throwIfAborted();
    }
  }
}
