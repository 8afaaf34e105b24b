import type { Codec } from '@tailrace/avro/codec.ts';

/** A stream keeps records for a time; a table keeps the last value of each key, and a null value deletes the key. */
export type TopicKind = 'stream' | 'table';

/** A topic as the software declares it. The value's type comes from its Avro schema. */
export interface TopicSpec<Value = unknown> {
  readonly name: string;
  readonly kind: TopicKind;
  readonly partitions: number;
  /** Broker-side settings by their Kafka names, such as `retention.ms`. */
  readonly config: Readonly<Record<string, string>>;
  readonly codec: Codec<Value>;
}
