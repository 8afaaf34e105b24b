import type { Kafka, TopicPartitionOffset } from '@tailrace/kafka/kafka.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';

/**
 * How far back raw events are whole: the newest of the times up to which retention has cut partitions. That of the
 * oldest record that is left; where none is left, the topic's retention ago.
 * @param wanted which partitions of a topic count.
 * @returns milliseconds since the epoch; undefined where nothing was removed yet.
 */
export async function rawHorizon(
  kafka: Kafka,
  rawTopics: readonly TopicSpec[],
  wanted: (topic: string, partition: number) => boolean,
): Promise<number | undefined> {
  const cut = (await Promise.all(rawTopics.map((spec) => cutPartitions(kafka, spec)))).flat();
  const positions = cut.filter(({ topic, partition }) => wanted(topic, partition));
  const horizons = positions.filter(({ isEmpty }) => isEmpty).map(({ retentionMs }) => Date.now() - retentionMs);
  horizons.push(
    ...(await firstTimes(
      kafka,
      positions.filter(({ isEmpty }) => !isEmpty),
    )),
  );
  return horizons.length === 0 ? undefined : Math.max(...horizons);
}

/** Times of the records at these positions, milliseconds; of as many as answer in time. */
async function firstTimes(kafka: Kafka, positions: readonly TopicPartitionOffset[]): Promise<readonly number[]> {
  if (positions.length === 0) return [];
  const times: number[] = [];
  const reader = await kafka.reader({ positions, maxWaitMs: 500, maxBytesPerPartition: 1 });
  try {
    const signal = AbortSignal.timeout(readWithinMs);
    while (times.length < positions.length && !signal.aborted) {
      for (const { records, ...place } of await reader.poll(signal)) {
        const [first] = records;
        if (!first) continue;
        times.push(first.timestamp);
        reader.remove(place);
      }
    }
  } finally {
    await reader.close();
  }
  return times;
}

const readWithinMs = 3000;

/** Partitions whose beginning retention has removed, where they begin now. */
async function cutPartitions(kafka: Kafka, { name: topic, config }: TopicSpec) {
  const [earliest, latest] = await Promise.all([
    kafka.admin.offsets(topic, 'earliest'),
    kafka.admin.offsets(topic, 'latest'),
  ]);
  const retentionMs = Number(config['retention.ms']);
  return earliest
    .map((offset, partition) => {
      return { topic, partition, offset, isEmpty: offset >= (latest[partition] ?? 0), retentionMs };
    })
    .filter(({ offset }) => offset > 0);
}
