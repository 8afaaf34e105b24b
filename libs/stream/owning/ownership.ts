import type { GroupMetadata, TopicPartition } from '@tailrace/kafka/kafka.ts';

/** What a task knows about its ownership of a partition. */
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
