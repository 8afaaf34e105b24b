import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import type { ReplayProgress } from '@tailrace/schemas/generated/replay-progress.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { newProgress } from './new-progress.ts';
import { progressKey } from './replay-keys.ts';

/** A replay that has begun and found nothing yet, for tests. */
export function testProgress(changes: Partial<ReplayProgress> = {}): ReplayProgress {
  return { ...newProgress(1, 1), ...changes };
}

/** Writes what the replayer would. */
export async function writeTestProgress(kafka: Kafka, id: string, progress: ReplayProgress): Promise<void> {
  const { name: topic, partitions, codec } = topics.replays;
  const value = codec.encode({ id, request: null, progress });
  const producer = await kafka.producer();
  await producer.send([{ topic, partition: partitionFor(id, partitions), key: Buffer.from(progressKey(id)), value }]);
  await producer.close();
}
