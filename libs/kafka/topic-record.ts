import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { RecordTooLargeError } from './errors.ts';
import type { OutgoingRecord } from './kafka.ts';
import { partitionFor } from './partitioner.ts';

export interface RecordPlacing {
  /** Where the record goes; the partition of its key when left out. */
  readonly partition?: number;
  /** What chooses the partition in the key's place. */
  readonly partitionKey?: string;
  /** Partitions of the topic as the broker has them; as they are declared when left out. */
  readonly partitions?: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * A record of a topic: the value encoded by the topic's codec, in the partition of its key.
 *
 * @param value `null` deletes the key (a tombstone).
 * @throws RecordTooLargeError before anything is sent, when the topic does not take a record of that size.
 */
export function topicRecord<Value>(
  topic: TopicSpec<Value>,
  key: string,
  value: Value | null,
  placing: RecordPlacing = {},
): OutgoingRecord {
  const record = encodedRecord(topic, key, value === null ? null : topic.codec.encode(value), placing);
  mustFit(topic, record);
  return record;
}

/** The same for a value that is encoded already, of any size: the broker decides, by what it takes compressed. */
export function encodedRecord(
  topic: Pick<TopicSpec, 'name' | 'partitions'>,
  key: string,
  value: Buffer | null,
  { partition, partitionKey = key, partitions = topic.partitions, headers }: RecordPlacing = {},
): OutgoingRecord {
  return {
    topic: topic.name,
    partition: partition ?? partitionFor(partitionKey, partitions),
    key: Buffer.from(key),
    value,
    ...(headers && { headers }),
  };
}

/** `max.message.bytes` as Kafka ships. */
const defaultLimit = 1_048_588;

/** A record of this part of the limit fits whatever stands around its value, and most records are this small. */
const surelyFits = 1 / 2;
const largestFraming = 64 * 1024;

function mustFit({ name, config }: Pick<TopicSpec, 'name' | 'config'>, record: OutgoingRecord): void {
  const limit = Number(config['max.message.bytes'] ?? defaultLimit);
  const valueBytes = record.value?.length ?? 0;
  if (valueBytes <= limit * surelyFits - largestFraming) return;
  const bytes = batchBytes(record);
  if (bytes > limit) {
    throw new RecordTooLargeError(`a record of ${bytes} bytes is over ${name}'s limit of ${limit}`);
  }
}

/** The header of a batch, and what a record has around its parts, each number in its longest form. */
const batchHeaderBytes = 61;
const recordFramingBytes = 5 + 1 + 10 + 5 + 5 + 5 + 5;
const headerFramingBytes = 5 + 5;

/**
 * Bytes of a batch of this one record, uncompressed: at most a few more than it takes. Brokers compare a batch with
 * `max.message.bytes`. https://kafka.apache.org/documentation/#messageformat
 */
function batchBytes({ key, value, headers = {} }: OutgoingRecord): number {
  let bytes = batchHeaderBytes + recordFramingBytes + (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, text] of Object.entries(headers)) {
    bytes += headerFramingBytes + Buffer.byteLength(name) + Buffer.byteLength(text);
  }
  return bytes;
}
