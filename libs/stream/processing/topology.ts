import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import type { StateStore, StoreSpec } from './state-store.ts';

/**
 * What a processor reads, writes and does, as a value: the same value runs on Kafka, on the in-memory broker, and in a
 * replay. Consume, transform, produce: outputs, state and offsets of one input partition commit together.
 */
export interface Topology<In> {
  /** Consumer group; also the stem of the transactional ids, one for each input partition. */
  readonly group: string;
  readonly inputs: readonly TopicSpec<In>[];
  /** Topics it may emit to, besides `logs.dead`. */
  readonly outputs: readonly TopicSpec[];
  /** Stores of each task. A store has one changelog partition for each input partition, so a topology that has any reads one input. */
  readonly stores?: readonly StoreSpec[];
  /** The processor of one input partition, made afresh whenever the partition is taken. */
  processor(task: TaskContext): RecordProcessor<In>;
}

export interface TaskContext {
  readonly topic: string;
  readonly partition: number;
  /** The store as its changelog left it, already restored. */
  store<Value>(spec: StoreSpec<Value>): StateStore<Value>;
  /**
   * Has `finish` called soon even if no record comes: for what a processor learns from elsewhere. What it emits then is
   * a transaction like any other. May be called at any time, also within `process` and when the task has ended.
   */
  wake(): void;
  /** Aborts when this processor is done with: its partition went, or a failure has it made afresh. */
  readonly ended: AbortSignal;
}

export interface RecordProcessor<In> {
  /** Whether the record is worth being decoded. One that is not is passed over. Left out: all are. */
  wants?(headers: InputRecord<In>['headers']): boolean;
  /**
   * What takes long comes as steps, and everything else in the process gets a turn between two of them where they take
   * long together; the next record waits until all are done. Throwing, also in a step, sends the record to `logs.dead` and takes back
   * what it emitted; throwing a `TailraceError` with remedy `retry` or `reconnect` runs the batch again later instead.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: most processors are done when they return.
  process(record: InputRecord<In>, emit: Emit): void | Iterable<unknown>;
  /**
   * Called after the last record of a transaction, to emit what was gathered over all of them. A record that threw must
   * have gathered nothing. An error here fails the whole batch, which is run again by a new processor.
   *
   * Without a record it is called after `wake`, and when the position moved over control records alone.
   *
   * @param nextOffset of the input: every committed record before it has been processed.
   */
  finish?(emit: Emit, nextOffset: number): void;
}

export interface InputRecord<Value> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: Value;
  readonly headers: ReadonlyMap<string, Buffer>;
}

/** Adds a record to the transaction. */
export type Emit = <Value>(topic: TopicSpec<Value>, key: string, value: Value, options?: EmitOptions) => void;

export interface EmitOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Whose partition it goes to: records of one `partitionKey` keep their order. Default: the record's key. */
  readonly partitionKey?: string;
  /** A copy goes to each partition of the topic. */
  readonly everyPartition?: true;
}
