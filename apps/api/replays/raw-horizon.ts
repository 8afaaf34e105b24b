import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { type OffsetRange, type RangeSlice, readRanges } from '@tailrace/stream/reading/read-ranges.ts';
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

/** Times of the first records of these ranges, milliseconds; of as many as answer in time. */
async function firstTimes(kafka: Kafka, ranges: readonly OffsetRange[]): Promise<readonly number[]> {
  const times: number[] = [];
  const signal = AbortSignal.timeout(readWithinMs);
  const options = { maxWaitMs: 500, maxBytesPerPartition: 1, enough: ({ records }: RangeSlice) => records.length > 0 };
  try {
    for await (const { records } of readRanges(kafka, ranges, signal, options)) {
      const [first] = records;
      if (first) times.push(first.timestamp);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return times;
}

const readWithinMs = 3000;

/** Partitions whose beginning retention has removed, where they begin now. */
async function cutPartitions(kafka: Kafka, { name: topic, config }: TopicSpec) {
  const [earliest, latest] = await Promise.all([
    kafka.admin.offsets(topic, 'earliest'),
    kafka.admin.offsets(topic, 'last_stable'),
  ]);
  const retentionMs = Number(config['retention.ms']);
  return earliest
    .map((from, partition) => {
      const to = latest[partition] ?? 0;
      return { topic, partition, from, to, isEmpty: from >= to, retentionMs };
    })
    .filter(({ from }) => from > 0);
}
