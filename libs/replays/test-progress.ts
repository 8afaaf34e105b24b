import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import type { ReplayProgress } from '@tailrace/schemas/generated/replay-progress.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { progressKey } from './replay-keys.ts';

/** A replay that has begun and found nothing yet, for tests. */
export function testProgress(changes: Partial<ReplayProgress> = {}): ReplayProgress {
  return {
    status: 'running',
    ranges: [],
    matched: 0,
    written: 0,
    dead: 0,
    lost: 0,
    rate: 0,
    waiting_for: null,
    waiting_detail: null,
    differences: null,
    error_code: null,
    error_message: null,
    normaliser_version: 1,
    started_at: 1,
    updated_at: 1,
    finished_at: null,
    ...changes,
  };
}

/** Writes what the replayer would. */
export async function writeTestProgress(kafka: Kafka, id: string, progress: ReplayProgress): Promise<void> {
  const { name: topic, partitions, codec } = topics.replays;
  const value = codec.encode({ id, request: null, progress });
  const producer = await kafka.producer();
  await producer.send([{ topic, partition: partitionFor(id, partitions), key: Buffer.from(progressKey(id)), value }]);
  await producer.close();
}
