import type { FetchedBatch, FetchedRecord, Kafka, TopicPartition } from '@tailrace/kafka/kafka.ts';
import { pollPastRetention } from './poll-past-retention.ts';

/**
 * The committed records of one partition from its earliest offset to the end it has now, batch by batch.
 * An abort ends it early with the signal's reason, so that half a table is never taken for a whole one.
 */
export async function* readPartition(
  kafka: Kafka,
  topic: string,
  partition: number,
  signal: AbortSignal,
): AsyncGenerator<readonly FetchedRecord[]> {
  const [earliest, latest] = await Promise.all([
    kafka.admin.offsets(topic, 'earliest'),
    kafka.admin.offsets(topic, 'latest'),
  ]);
  const range = { topic, partition, from: earliest[partition] ?? 0, to: latest[partition] ?? 0 };
  for await (const { records } of readRange(kafka, range, signal)) yield records;
}

/** Offsets of a partition: `from` and, exclusively, `to`. */
export interface OffsetRange extends TopicPartition {
  readonly from: number;
  readonly to: number;
}

/**
 * Batches until the range has been read; the last may go beyond it. What retention removes meanwhile is passed over: it
 * was there to be read when the range was asked for, and would have been gone a moment later.
 * An abort ends it early with the signal's reason.
 */
export async function* readRange(
  kafka: Kafka,
  { topic, partition, from, to }: OffsetRange,
  signal: AbortSignal,
): AsyncGenerator<FetchedBatch> {
  let offset = from;
  if (offset >= to) return;
  const reader = await kafka.reader({ positions: [{ topic, partition, offset }] });
  try {
    while (offset < to) {
      signal.throwIfAborted();
      const batches = await pollPastRetention(reader, signal, (_, goesOnAt) => {
        offset = goesOnAt;
      });
      for (const batch of batches) {
        offset = batch.nextOffset;
        yield batch;
      }
    }
  } finally {
    await reader.close();
  }
}
