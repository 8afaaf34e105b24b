import type { Kafka, OutgoingRecord, TopicPartition } from '@tailrace/kafka/kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { topicRecord } from '@tailrace/kafka/topic-record.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { readPartition } from '../reading/read-partition.ts';

const { name: topic, codec } = topics.positions;

/** Whose position in what. */
export interface PositionKey extends TopicPartition {
  readonly group: string;
  /** The input topic's UUID. */
  readonly topicId: string;
}

/**
 * The position that a transaction commits, as a record of that transaction. A broker forgets the offsets of a group that
 * has had no member for `offsets.retention.minutes` (7 days as it ships), while the input may be kept for longer; without
 * this a pause would make everything be processed again, in silence.
 *
 * @param partitions of `positions`
 */
export function positionRecord(key: PositionKey, nextOffset: number, partitions: number): OutgoingRecord {
  const name = nameOf(key);
  const { group, topic: input, topicId, partition } = key;
  const value = { group, topic: input, topic_id: topicId, partition, next_offset: nextOffset };
  return topicRecord(topics.positions, name, value, { partitions });
}

/**
 * What the partition's owner committed last. Only sound after fencing: before, an older owner could commit.
 * @returns undefined when nothing ever was, or only of another topic of this name.
 */
export async function keptPosition(kafka: Kafka, key: PositionKey, signal: AbortSignal): Promise<number | undefined> {
  const name = nameOf(key);
  const { partitions } = await kafka.admin.describeTopic(topic);
  let kept: number | undefined;
  for await (const records of readPartition(kafka, topic, partitionFor(name, partitions), signal)) {
    for (const record of records) {
      if (record.value === null || record.key?.toString() !== name) continue;
      const position = codec.decode(record.value);
      kept = position.topic_id === key.topicId ? position.next_offset : undefined;
    }
  }
  return kept;
}

function nameOf({ group, topic: input, partition }: PositionKey): string {
  return `${group}/${input}/${partition}`;
}
