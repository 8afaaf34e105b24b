import { longestSilenceMs } from '@tailrace/errors/proof-of-work.ts';
import { messageOf, remedyOf, TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { FencedError } from '@tailrace/kafka/errors.ts';
import type { GroupMembership, Kafka, TopicPartition } from '@tailrace/kafka/kafka.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { Backoff } from '../backoff.ts';
import type { Ownership } from './ownership.ts';
import { PartitionTasks } from './partition-tasks.ts';

export interface PartitionOwnerOptions {
  readonly kafka: Kafka;
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly logger: Logger;
  /** Default 6000. Also how long a fenced task waits before it tries again: by then the group has assigned its partitions. */
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
  /** Whether this process is a member now: it has had an assignment (perhaps an empty one), and its coordinator answers. */
  joined(): boolean;
  /** Rejects when a task or the membership gave up. */
  readonly failed: Promise<never>;
  /** Drains every task and leaves the group, so that others take over at once. */
  stop(): Promise<void>;
}

/**
 * One task for each partition the group assigns to this process. Everything that owns something in Tailrace (a
 * connector's checkpoint, a processor's partition, a sink's offsets) owns it through this.
 *
 * Returns at once: while Kafka is unreachable it goes on trying to join, and `joined` says so.
 */
export function runPartitionTasks(options: PartitionOwnerOptions): PartitionOwner {
  const { kafka, logger, groupId, sessionTimeoutMs = defaultSessionTimeoutMs } = options;
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  const stop = new AbortController();
  let membership: GroupMembership | undefined;
  let joined = false;
  const tasks = new PartitionTasks({
    ...options,
    sessionTimeoutMs,
    group: () => {
      if (!membership) throw new TailraceError('the group has not been joined yet', notJoined);
      return membership.metadata();
    },
    failed: failure.reject,
  });

  /** Joins, and resolves when the membership has ended: by `stop`, or because it cannot go on. */
  async function belong(): Promise<void> {
    const ended = Promise.withResolvers<void>();
    const leave = () => ended.resolve();
    stop.signal.addEventListener('abort', leave, { once: true });
    try {
      membership = await kafka.joinGroup({
        groupId,
        topics: options.topics,
        sessionTimeoutMs,
        assigned: (partitions) => {
          joined = true;
          tasks.assign(partitions);
        },
        revoked: (partitions) => tasks.end(partitions, 'revoked'),
        lost: (partitions) => void tasks.end(partitions, 'lost'),
        failed: ended.reject,
      });
      if (stop.signal.aborted) leave();
      await ended.promise;
      await tasks.end(tasks.owned(), 'revoked');
    } finally {
      stop.signal.removeEventListener('abort', leave);
      joined = false;
      await tasks.end(tasks.owned(), 'lost');
      await membership?.leave();
      membership = undefined;
    }
  }

  async function keepBelonging(): Promise<void> {
    const backoff = new Backoff({ initialMs: 200, maxMs: 5000 });
    while (!stop.signal.aborted) {
      try {
        await belong();
        backoff.reset();
      } catch (error) {
        if (stop.signal.aborted) return;
        if (remedyOf(error) === 'give-up' && !(error instanceof FencedError)) throw error;
        logger.warn({ group: groupId, err: error }, `joining the group again: ${messageOf(error)}`);
        await backoff.wait(stop.signal);
      }
    }
  }

  const belonging = keepBelonging().catch(failure.reject);
  return {
    owned: () => tasks.owned(),
    failing: () => tasks.failing(),
    joined: () => joined && (membership?.silentMs ?? 0) <= longestSilenceMs,
    failed: failure.promise,
    stop: async () => {
      tasks.close();
      stop.abort();
      await belonging;
    },
  };
}

const defaultSessionTimeoutMs = 6000;
const notJoined = { code: 'stream.not_joined', remedy: 'reconnect' } as const;
