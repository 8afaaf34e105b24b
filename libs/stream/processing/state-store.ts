import type { Kafka, OutgoingRecord } from '@tailrace/kafka/kafka.ts';
import { encodedRecord } from '@tailrace/kafka/topic-record.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { readPartition } from '../reading/read-partition.ts';

/** A keyed store of one task, backed by a table: its changelog. */
export interface StoreSpec<Value = unknown> {
  readonly name: string;
  /** At least as many partitions as the input topic. */
  readonly changelog: TopicSpec<Value>;
}

/** Values are replaced, never changed in place: a change that the store did not see is in no changelog. */
export interface StateStore<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
  entries(): IterableIterator<[string, Value]>;
  readonly size: number;
}

/**
 * A store in memory whose every change is also a changelog record. The task sends the changes in the transaction of
 * the records that caused them, and throws the store away when that transaction fails.
 */
export class ChangelogStore<Value> implements StateStore<Value> {
  readonly #spec: StoreSpec<Value>;
  readonly #partition: number;
  readonly #values: Map<string, Value>;
  readonly #changed = new Set<string>();
  /** What the present record overwrote, latest last. */
  #undo: { readonly key: string; readonly value: Value | undefined; readonly changed: boolean }[] = [];

  private constructor(spec: StoreSpec<Value>, partition: number, values: Map<string, Value>) {
    this.#spec = spec;
    this.#partition = partition;
    this.#values = values;
  }

  /** Reads the changelog partition to its end. Only sound after fencing: before, an older owner could still commit. */
  static async restore<Value>(kafka: Kafka, spec: StoreSpec<Value>, partition: number, signal: AbortSignal) {
    const values = new Map<string, Value>();
    for await (const records of readPartition(kafka, spec.changelog.name, partition, signal)) {
      for (const { key, value } of records) {
        if (key === null) continue;
        if (value === null) values.delete(key.toString());
        else values.set(key.toString(), spec.changelog.codec.decode(value));
      }
    }
    return new ChangelogStore(spec, partition, values);
  }

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Value): void {
    this.#remember(key);
    this.#values.set(key, value);
    this.#changed.add(key);
  }

  delete(key: string): void {
    if (!this.#values.has(key)) return;
    this.#remember(key);
    this.#values.delete(key);
    this.#changed.add(key);
  }

  /** From here on `rollback` leads back to here. */
  mark(): void {
    if (this.#undo.length > 0) this.#undo = [];
  }

  /** Takes back every change since `mark`: those of a record that turned out to be poison. */
  rollback(): void {
    for (const { key, value, changed } of this.#undo.toReversed()) {
      if (value === undefined) this.#values.delete(key);
      else this.#values.set(key, value);
      if (!changed) this.#changed.delete(key);
    }
    this.mark();
  }

  #remember(key: string): void {
    this.#undo.push({ key, value: this.#values.get(key), changed: this.#changed.has(key) });
  }

  entries(): IterableIterator<[string, Value]> {
    return this.#values.entries();
  }

  get size(): number {
    return this.#values.size;
  }

  /** The changes since the last call, one record a key, for the transaction about to commit. */
  takeChanges(): OutgoingRecord[] {
    const { changelog } = this.#spec;
    const records = [...this.#changed].map((key) => {
      const value = this.#values.get(key);
      const bytes = value === undefined ? null : changelog.codec.encode(value);
      return encodedRecord(changelog, key, bytes, { partition: this.#partition });
    });
    this.#changed.clear();
    return records;
  }
}
