import { messageOf, remedyOf, TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { FencedError } from '@tailrace/kafka/errors.ts';
import type { GroupMembership, GroupMetadata, Kafka, TopicPartition } from '@tailrace/kafka/kafka.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { Backoff } from './backoff.ts';

/** What a task is told about its ownership of a partition. */
export interface Ownership {
  readonly partition: TopicPartition;
  /** Aborts when the partition must be given up: finish what is in flight, commit it, return. */
  readonly revoked: AbortSignal;
  /** Aborts when somebody else already owns it: commit nothing, return. Implies `revoked`. */
  readonly lost: AbortSignal;
  /** The membership's present generation, for offsets committed in a transaction. */
  group(): GroupMetadata;
  /** To be called after each step that succeeded: forgets earlier failures, so that the next one is retried at once. */
  progressed(): void;
}

export interface PartitionOwnerOptions {
  readonly kafka: Kafka;
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly logger: Logger;
  /** Default 6000. Also how long a fenced task waits before it tries again: by then the group has told who owns what. */
  readonly sessionTimeoutMs?: number;
  /**
   * Works on one partition until `revoked` aborts. It must fence first (a transactional producer of the partition's
   * id), then read its committed position, then work. When it rejects while still owned it is run again after a
   * back-off, from the start; with remedy `give-up` (other than `FencedError`) the owner fails instead.
   */
  readonly run: (ownership: Ownership) => Promise<void>;
}

export interface PartitionOwner {
  /** Partitions owned now, as `topic[n]`. */
  owned(): readonly TopicPartition[];
  /** The last error of each task that is waiting for its next try. */
  failing(): readonly { readonly partition: TopicPartition; readonly error: unknown }[];
  /** Whether the group has answered with an assignment (perhaps an empty one). */
  joined(): boolean;
  /** Rejects when a task or the membership gave up. */
  readonly failed: Promise<never>;
  /** Drains every task and leaves the group, so that others take over at once. */
  stop(): Promise<void>;
}

interface Task {
  readonly partition: TopicPartition;
  readonly revoke: AbortController;
  readonly lose: AbortController;
  readonly done: Promise<void>;
  error: unknown;
}

/**
 * One task for each partition the group assigns to this process. Everything that owns something in Tailrace (a
 * connector's checkpoint, a processor's partition, a sink's offsets) owns it through this.
 */
export async function ownPartitions(options: PartitionOwnerOptions): Promise<PartitionOwner> {
  const { kafka, logger, groupId, run, sessionTimeoutMs = 6000 } = options;
  const assigned = new Set<string>();
  const tasks = new Map<string, Task>();
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  let membership: GroupMembership | undefined;
  let joined = false;
  let stopping: Promise<void> | undefined;

  async function keepRunning(task: Task): Promise<void> {
    const backoff = new Backoff({ initialMs: 100, maxMs: 10_000 });
    const { revoke, lose, partition } = task;
    const ownership: Ownership = {
      partition,
      revoked: revoke.signal,
      lost: lose.signal,
      group: () => {
        if (!membership) throw new TailraceError('the group has not been joined yet', notJoined);
        return membership.metadata();
      },
      progressed: () => {
        backoff.reset();
        task.error = undefined;
      },
    };
    while (!revoke.signal.aborted) {
      try {
        await run(ownership);
        return;
      } catch (error) {
        if (revoke.signal.aborted) return;
        task.error = error;
        const where = { group: groupId, topic: partition.topic, partition: partition.partition };
        if (error instanceof FencedError) {
          logger.warn({ ...where, err: error }, 'fenced: another owner took this partition, or took it briefly');
          await backoff.wait(revoke.signal, sessionTimeoutMs);
        } else if (remedyOf(error) === 'give-up') {
          logger.error({ ...where, err: error }, 'this partition cannot go on');
          failure.reject(error);
          return;
        } else {
          logger.warn({ ...where, err: error }, `starting over: ${messageOf(error)}`);
          await backoff.wait(revoke.signal);
        }
      }
    }
  }

  function start(partition: TopicPartition): void {
    const key = keyOf(partition);
    if (stopping || !assigned.has(key)) return;
    const earlier = tasks.get(key);
    if (earlier) {
      // One that was lost may still be ending when the partition comes back: two tasks of one partition never overlap.
      if (earlier.revoke.signal.aborted) void earlier.done.then(() => start(partition));
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
    tasks.set(key, task);
    void keepRunning(task).then(() => {
      if (task.revoke.signal.aborted) tasks.delete(key);
      settled.resolve();
    });
  }

  async function end(partitions: readonly TopicPartition[], how: 'revoked' | 'lost'): Promise<void> {
    for (const partition of partitions) assigned.delete(keyOf(partition));
    const ending = partitions.flatMap((partition) => tasks.get(keyOf(partition)) ?? []);
    for (const task of ending) {
      if (how === 'lost') task.lose.abort();
      task.revoke.abort();
    }
    await Promise.all(ending.map((task) => task.done));
  }

  membership = await kafka.joinGroup({
    groupId,
    topics: options.topics,
    sessionTimeoutMs,
    assigned: (partitions) => {
      joined = true;
      for (const partition of partitions) {
        assigned.add(keyOf(partition));
        start(partition);
      }
    },
    revoked: (partitions) => end(partitions, 'revoked'),
    lost: (partitions) => void end(partitions, 'lost'),
    failed: (error) => failure.reject(error),
  });

  return {
    owned: () => [...tasks.values()].map((task) => task.partition),
    failing: () =>
      [...tasks.values()].flatMap(({ partition, error }) => (error === undefined ? [] : [{ partition, error }])),
    joined: () => joined,
    failed: failure.promise,
    stop: () => {
      stopping ??= (async () => {
        await end(
          [...tasks.values()].map((task) => task.partition),
          'revoked',
        );
        await membership.leave();
      })();
      return stopping;
    },
  };
}

const notJoined = { code: 'stream.not_joined', remedy: 'reconnect' } as const;

function keyOf(partition: TopicPartition): string {
  return `${partition.topic}/${partition.partition}`;
}
