import type { Kafka, TopicPartition } from '@tailrace/kafka/kafka.ts';

/**
 * Up to which offset the owner of a partition must read to have seen all that owners before it committed there: how state
 * is restored. To be asked for once the owner has fenced them (`Kafka.transactionalProducer`), which settles what they had
 * in flight; from then on nothing of theirs can be added.
 *
 * It is the high watermark and not the last stable offset: where others write to the partition too, what was committed may
 * stand behind a transaction of theirs that is still open, maybe of a process that has died, and the last stable offset
 * ends before it. A committed reader reaches this end once those transactions have ended.
 */
export async function fencedEnd({ admin }: Pick<Kafka, 'admin'>, place: TopicPartition): Promise<number> {
  const ends = await admin.offsets(place.topic, 'high_watermark');
  return ends[place.partition] ?? 0;
}
