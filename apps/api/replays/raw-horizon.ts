import type { Kafka } from '@tailrace/kafka/kafka.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';

/**
 * How far back raw events are whole: the time of the oldest record among the partitions that retention has cut.
 * @param wanted which partitions of a topic count.
 * @returns milliseconds since the epoch; undefined where nothing was removed yet.
 */
export async function rawHorizon(
  kafka: Kafka,
  rawTopics: readonly TopicSpec[],
  wanted: (topic: string, partition: number) => boolean,
): Promise<number | undefined> {
  const cut = (await Promise.all(rawTopics.map(({ name }) => cutPartitions(kafka, name)))).flat();
  const positions = cut.filter(({ topic, partition }) => wanted(topic, partition));
  if (positions.length === 0) return undefined;
  const oldest: number[] = [];
  const reader = await kafka.reader({ positions, maxWaitMs: 500, maxBytesPerPartition: 1 });
  try {
    const signal = AbortSignal.timeout(readWithinMs);
    while (oldest.length < positions.length && !signal.aborted) {
      for (const { records, ...place } of await reader.poll(signal)) {
        const [first] = records;
        if (!first) continue;
        oldest.push(first.timestamp);
        reader.remove(place);
      }
    }
  } finally {
    await reader.close();
  }
  return oldest.length === 0 ? undefined : Math.max(...oldest);
}

const readWithinMs = 3000;

/** Partitions whose beginning retention has removed, where they begin now; those that are empty say nothing. */
async function cutPartitions(kafka: Kafka, topic: string) {
  const [earliest, latest] = await Promise.all([
    kafka.admin.offsets(topic, 'earliest'),
    kafka.admin.offsets(topic, 'latest'),
  ]);
  return earliest
    .map((offset, partition) => ({ topic, partition, offset }))
    .filter(({ offset, partition }) => offset > 0 && offset < (latest[partition] ?? 0));
}
