import { messageOf, remedyOf } from '@tailrace/errors/tailrace-error.ts';
import { FencedError } from '@tailrace/kafka/errors.ts';
import type { GroupMetadata, TopicPartition } from '@tailrace/kafka/kafka.ts';
import { partitionKey } from '@tailrace/kafka/partition-key.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { Backoff } from '../backoff.ts';
import type { Ownership } from './ownership.ts';

const recoveredMs = 3000;

interface PartitionTasksOptions {
  readonly groupId: string;
  readonly logger: Logger;
  readonly sessionTimeoutMs: number;
  readonly run: (ownership: Ownership) => Promise<void>;
  readonly group: () => GroupMetadata;
  /** A task gave up. */
  readonly failed: (error: unknown) => void;
}

interface Task {
  readonly partition: TopicPartition;
  readonly revoke: AbortController;
  readonly lose: AbortController;
  readonly done: Promise<void>;
  error: unknown;
}

/** The tasks of the partitions that are owned now: begun when a partition is assigned, run again when they fail. */
export class PartitionTasks {
  readonly #options: PartitionTasksOptions;
  readonly #assigned = new Set<string>();
  readonly #tasks = new Map<string, Task>();
  #closed = false;

  constructor(options: PartitionTasksOptions) {
    this.#options = options;
  }

  owned(): readonly TopicPartition[] {
    return [...this.#tasks.values()].map(({ partition }) => partition);
  }

  /** Those that wait for another try, with what they failed by. */
  failing(): readonly { readonly partition: TopicPartition; readonly error: unknown }[] {
    return [...this.#tasks.values()].flatMap(({ partition, error }) =>
      error === undefined ? [] : [{ partition, error }],
    );
  }

  assign(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      this.#assigned.add(partitionKey(partition));
      this.#begin(partition);
    }
  }

  /** Resolves when the tasks have returned; `lost` ones commit nothing any more. */
  async end(partitions: readonly TopicPartition[], how: 'revoked' | 'lost'): Promise<void> {
    for (const partition of partitions) this.#assigned.delete(partitionKey(partition));
    const ending = partitions.flatMap((partition) => this.#tasks.get(partitionKey(partition)) ?? []);
    for (const { lose, revoke, partition } of ending) {
      if (how === 'lost') lose.abort(new FencedError(`${partition.topic}[${partition.partition}] has another owner`));
      revoke.abort();
    }
    await Promise.all(ending.map(({ done }) => done));
  }

  /** Begins nothing any more. */
  close(): void {
    this.#closed = true;
  }

  #begin(partition: TopicPartition): void {
    const key = partitionKey(partition);
    if (this.#closed || !this.#assigned.has(key)) return;
    const earlier = this.#tasks.get(key);
    if (earlier) {
      // One that was lost may still be ending when the partition comes back: two tasks of one partition never overlap.
      if (earlier.revoke.signal.aborted) void earlier.done.then(() => this.#begin(partition));
      return;
    }
    const settled = Promise.withResolvers<void>();
    const task: Task = {
      partition,
      revoke: new AbortController(),
      lose: new AbortController(),
      done: settled.promise,
      error: undefined,
    };
    this.#tasks.set(key, task);
    void this.#keepRunning(task).then(() => {
      if (task.revoke.signal.aborted) this.#tasks.delete(key);
      settled.resolve();
    });
  }

  async #keepRunning(task: Task): Promise<void> {
    const { groupId, logger, sessionTimeoutMs, run, group, failed } = this.#options;
    const { revoke, lose, partition } = task;
    const where = { group: groupId, topic: partition.topic, partition: partition.partition };
    const backoff = new Backoff({ initialMs: 100, maxMs: 10_000 });
    const ownership: Ownership = {
      partition,
      revoked: revoke.signal,
      lost: lose.signal,
      group,
      progressed: () => {
        backoff.reset();
        task.error = undefined;
      },
    };
    while (!revoke.signal.aborted) {
      // A quiet partition has nothing to succeed with: a try that goes on for this long has got over the failure.
      const recovered = setTimeout(() => {
        task.error = undefined;
      }, recoveredMs).unref();
      try {
        await run(ownership).finally(() => clearTimeout(recovered));
        return;
      } catch (error) {
        if (revoke.signal.aborted) return;
        task.error = error;
        if (error instanceof FencedError) {
          logger.warn({ ...where, err: error }, 'fenced: another owner took this partition, or took it briefly');
          await backoff.wait(revoke.signal, sessionTimeoutMs);
        } else if (remedyOf(error) === 'give-up') {
          logger.error({ ...where, err: error }, 'this partition cannot go on');
          failed(error);
          return;
        } else {
          logger.warn({ ...where, err: error }, `starting over: ${messageOf(error)}`);
          await backoff.wait(revoke.signal);
        }
      }
    }
  }
}
