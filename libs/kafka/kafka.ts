import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';

/**
 * The whole of Kafka that Tailrace speaks. Three implementations pass `conformance.ts`: the drivers `kafkajs` and
 * `platformatic`, and the in-memory broker that tests run topologies on.
 *
 * Names of topics, groups and transactional ids are given bare; the implementation adds the configured prefix.
 */
export interface Kafka {
  readonly client: 'kafkajs' | 'platformatic' | 'memory';
  readonly admin: Admin;
  /**
   * InitProducerId: fences every earlier producer of the same transactional id and settles what it had in flight.
   * Once this resolves, committed offsets read for this id's partition are final (KIP-98, KIP-447).
   */
  transactionalProducer(transactionalId: string): Promise<TransactionalProducer>;
  /** An idempotent producer, acks=all, for records that need no transaction. */
  producer(): Promise<Producer>;
  joinGroup(options: GroupOptions): Promise<GroupMembership>;
  /** Reads given partitions from given offsets, without a group, read_committed. */
  reader(options: ReaderOptions): Promise<Reader>;
  /** Closes every producer, membership and reader made through this object. */
  close(): Promise<void>;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/**
 * A position. Offsets are numbers: 2^53 is 285 years of a million records a second in one partition, and a number
 * survives JSON, cursors and SQL unharmed.
 */
export interface TopicPartitionOffset extends TopicPartition {
  readonly offset: number;
}

export interface OutgoingRecord {
  readonly topic: string;
  /** Always explicit; see `partitionFor`. */
  readonly partition: number;
  readonly key: Buffer | null;
  /** `null` is a tombstone. */
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch; the time of sending when left out. */
  readonly timestamp?: number;
}

export interface FetchedRecord {
  readonly offset: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: ReadonlyMap<string, Buffer>;
}

/** Consecutive committed records of one partition. */
export interface FetchedBatch extends TopicPartition {
  readonly records: readonly FetchedRecord[];
  /**
   * Where the next read starts. Beyond the last record where control records or aborted data follow it, so a batch
   * may have no records and still move the position.
   */
  readonly nextOffset: number;
  /** First offset a read_committed reader cannot see yet. `nextOffset === lastStableOffset`: read to the end. */
  readonly lastStableOffset: number;
}

export interface Producer {
  /** Resolves once every record is acknowledged by all in-sync replicas. */
  send(records: readonly OutgoingRecord[]): Promise<void>;
  close(): Promise<void>;
}

export interface TransactionalProducer {
  readonly transactionalId: string;
  /** @throws if a transaction of this producer is still open. */
  begin(): Transaction;
  /** Aborts an open transaction and disconnects. */
  close(): Promise<void>;
}

/**
 * All or nothing. Calls are queued and run one after the other whatever the caller does: both clients lose data when
 * they run side by side.
 *
 * After *any* rejection the transaction can only be aborted, `commit` rejects, and the producer must be closed and
 * made again with the same id, which settles what is unknown: a commit whose answer was lost may have happened.
 * Rejections are `FencedError` (another owner: stop), `RecordTooLargeError` (nothing written), or a `TailraceError`
 * with remedy `reconnect`.
 */
export interface Transaction {
  send(records: readonly OutgoingRecord[]): Promise<void>;
  /** Offsets of the *next* record to read, one a partition. Rejected for a member that left the group (KIP-447). */
  commitOffsets(group: GroupMetadata, offsets: readonly TopicPartitionOffset[]): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
}

export interface GroupMetadata {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
}

export interface GroupOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  /** Default 6000, the least a broker accepts as it ships: a killed member's partitions move within 10 s. */
  readonly sessionTimeoutMs?: number;
  /** How long `revoked` may take to drain before the coordinator goes on without this member. Default 10000. */
  readonly rebalanceTimeoutMs?: number;
  /** New partitions of this member. Called after `revoked` of the same rebalance has resolved. */
  assigned(partitions: readonly TopicPartition[]): void;
  /** Partitions that leave this member; the rebalance waits for the promise, so drain here. */
  revoked(partitions: readonly TopicPartition[]): Promise<void>;
  /** Partitions that already belong to somebody else (session expired): stop at once, commit nothing. */
  lost(partitions: readonly TopicPartition[]): void;
  /** The membership cannot go on (not a rebalance, not a briefly unreachable broker: those are handled inside). */
  failed(error: unknown): void;
}

export interface GroupMembership {
  /** The current generation, for `Transaction.commitOffsets`. */
  metadata(): GroupMetadata;
  /** Milliseconds since the coordinator last answered this member: joining, synchronising, a heartbeat. */
  readonly silentMs: number;
  /** Revokes (draining) and leaves, so that others take over at once. */
  leave(): Promise<void>;
}

/** A partition that a reader has asked for without an answer. */
export interface Unanswered extends TopicPartition {
  /** Milliseconds since it was first asked for after the last answer. */
  readonly forMs: number;
  /** Who does not answer, or what the answer was instead, for people. */
  readonly why: string;
}

export interface ReaderOptions {
  readonly positions: readonly TopicPartitionOffset[];
  /** Longest time a poll waits at the broker for a first record. Default 500. */
  readonly maxWaitMs?: number;
  /** Default 4 MiB. At least one record is always returned, however large. */
  readonly maxBytes?: number;
  readonly maxBytesPerPartition?: number;
}

export interface Reader {
  /**
   * The next batches, at most one a partition; empty when nothing came within `maxWaitMs` or the broker is briefly unreachable.
   * One call at a time. Memory is bounded: nothing is fetched far beyond what was polled. An aborted signal ends the
   * wait, not the reader: the poll resolves with what is there, and a fetch under way is kept for the next one.
   * @throws OffsetOutOfRangeError when a position is no longer (or not yet) in the log: never a silent reset.
   * @throws TopicRecreatedError when the topic is not the one this reader began with.
   * @throws ReaderClosedError after `close`; a poll that is under way then resolves with nothing.
   */
  poll(signal?: AbortSignal): Promise<FetchedBatch[]>;
  /** Starts reading a partition, or moves it. */
  seek(position: TopicPartitionOffset): void;
  remove(partition: TopicPartition): void;
  pause(partition: TopicPartition): void;
  resume(partition: TopicPartition): void;
  /**
   * Partitions that are being asked for now and whose broker has not answered. An answer without records is an answer, so
   * a quiet partition stands here for `maxWaitMs` at most; one that is paused, or read faster than it is polled, never does.
   */
  unanswered(): readonly Unanswered[];
  close(): Promise<void>;
}

export interface TopicDescription {
  readonly name: string;
  /** The topic's UUID: another one under the same name means that it was deleted and made again. */
  readonly id: string;
  readonly partitions: number;
  /** Replicas of the partition that has the fewest. */
  readonly replicas: number;
  /** Node ids of the brokers that have replicas of it and are not in sync. Empty when all are. */
  readonly outOfSync: readonly number[];
}

export interface BrokerDescription {
  readonly id: number;
  /** `host:port` as it advertises it. */
  readonly address: string;
}

export interface GroupMember {
  readonly clientId: string;
  /** Host or address that it connects from. */
  readonly host: string;
  readonly partitions: number;
}

export type OffsetsAt = 'earliest' | 'last_stable' | 'high_watermark' | { readonly timestampMs: number };

export interface Admin {
  /** Creates what is missing. Never changes what is there; partitions that differ from the declaration are returned. */
  createTopics(
    specs: readonly TopicSpec[],
    options?: { replicationFactor?: number },
  ): Promise<readonly TopicDescription[]>;
  deleteTopics(names: readonly string[]): Promise<void>;
  /** @throws UnknownTopicError */
  describeTopic(name: string): Promise<TopicDescription>;
  /**
   * By partition. `last_stable` lies before the first open transaction; `high_watermark` behind what open transactions wrote
   * and what was committed after that; a time gives the first offset at or after it, else `last_stable`.
   */
  offsets(topic: string, at: OffsetsAt): Promise<readonly number[]>;
  /** Only partitions the group has committed. */
  committedOffsets(groupId: string, topics: readonly string[]): Promise<readonly TopicPartitionOffset[]>;
  deleteGroup(groupId: string): Promise<void>;
  /** The cluster as one of its brokers knows it: a broker that has failed is not named for long. */
  describeCluster(): Promise<{ readonly clusterId: string; readonly brokers: readonly BrokerDescription[] }>;
  /** `min.insync.replicas` of each topic, by bare name. Topics that do not exist are left out. */
  minInSyncReplicas(topics: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Members of each group that has any, by bare name: the address each speaks from, as its coordinator sees it. */
  groupMembers(groupIds: readonly string[]): Promise<ReadonlyMap<string, readonly GroupMember[]>>;
}
