import { FencedError, TopicRecreatedError } from '@tailrace/kafka/errors.ts';
import type { TopicPartition } from '@tailrace/kafka/kafka.ts';
import type pg from 'pg';

/** A taken partition: where to read on, and the epoch that fences the previous owner. */
export interface TakenPartition {
  /** undefined: nothing of this partition has been written yet. */
  readonly nextOffset: number | undefined;
  readonly epoch: number;
}

/**
 * Takes a partition for this process by raising its epoch: an older owner's next commit matches no row.
 *
 * @param topicId the topic's UUID now. Offsets of a topic that was deleted and made again mean nothing.
 * @throws TopicRecreatedError when the stored offset belongs to another topic of the same name.
 */
export async function takePartition(
  client: pg.ClientBase,
  { topic, partition }: TopicPartition,
  topicId: string,
): Promise<TakenPartition> {
  const { rows } = await client.query<{ topic_id: string; next_offset: number; epoch: number }>(
    `insert into sink_offsets (topic, partition, topic_id, next_offset, epoch) values ($1, $2, $3, -1, 1)
     on conflict (topic, partition) do update set epoch = sink_offsets.epoch + 1
     returning topic_id, next_offset, epoch`,
    [topic, partition, topicId],
  );
  const row = rows[0]!;
  if (row.topic_id !== topicId) throw new TopicRecreatedError(topic);
  return { nextOffset: row.next_offset < 0 ? undefined : row.next_offset, epoch: row.epoch };
}

/**
 * Moves the partition's offset, in the transaction of the rows.
 * @throws FencedError when another process has taken the partition since.
 */
export async function commitOffset(
  client: pg.ClientBase,
  { topic, partition }: TopicPartition,
  epoch: number,
  nextOffset: number,
): Promise<void> {
  const { rowCount } = await client.query(
    'update sink_offsets set next_offset = $4 where topic = $1 and partition = $2 and epoch = $3',
    [topic, partition, epoch, nextOffset],
  );
  if (rowCount !== 1) throw new FencedError(`another sink has taken ${topic}[${partition}]`);
}
