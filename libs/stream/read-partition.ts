import type { FetchedRecord, Kafka } from '@tailrace/kafka/kafka.ts';

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
  const end = latest[partition] ?? 0;
  let offset = earliest[partition] ?? 0;
  if (offset >= end) return;
  const reader = await kafka.reader({ positions: [{ topic, partition, offset }] });
  try {
    while (offset < end) {
      signal.throwIfAborted();
      for (const batch of await reader.poll(signal)) {
        offset = batch.nextOffset;
        yield batch.records;
      }
    }
  } finally {
    await reader.close();
  }
}
