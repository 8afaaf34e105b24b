import type { FetchedRecord, Kafka } from '@tailrace/kafka/kafka.ts';
import { readRanges } from './read-ranges.ts';

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
    kafka.admin.offsets(topic, 'last_stable'),
  ]);
  const range = { topic, partition, from: earliest[partition] ?? 0, to: latest[partition] ?? 0 };
  for await (const { records } of readRanges(kafka, [range], signal)) yield records;
}
