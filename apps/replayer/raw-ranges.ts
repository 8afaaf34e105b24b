import { OffsetOutOfRangeError } from '@tailrace/kafka/errors.ts';
import type { FetchedRecord, Kafka, TopicPartition } from '@tailrace/kafka/kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import type { ReplayRange } from '@tailrace/schemas/generated/replay-range.ts';
import type { ReplayRequest } from '@tailrace/schemas/generated/replay-request.ts';
import { rawTopics } from '@tailrace/topics/topics.ts';

/**
 * How far an event's time may be ahead of the time at which it was read: the clouds take events of up to a day ahead of
 * their own clock.
 */
const aheadMs = 24 * 60 * 60 * 1000;

/**
 * The offsets that can hold the events of a replay. Raw events stand in the order in which they were read, and a late
 * event is read at any time after its own: so reading begins a day before the range (see `aheadMs`) and goes to the end
 * as it is now, and events of other times are passed over. What comes after that end is normalised live.
 */
export async function planRanges(kafka: Kafka, request: ReplayRequest): Promise<readonly ReplayRange[]> {
  const timestampMs = Math.max(0, Math.floor(request.from / 1000) - aheadMs);
  const ranges: ReplayRange[] = [];
  for (const { name: topic } of Object.values(rawTopics)) {
    const [starts, ends] = await Promise.all([
      kafka.admin.offsets(topic, { timestampMs }),
      kafka.admin.offsets(topic, 'latest'),
    ]);
    const holding = partitionsHolding(request, topic, ends.length);
    for (const [partition, end] of ends.entries()) {
      const start = starts[partition] ?? end;
      if (start >= end || !(holding?.has(partition) ?? true)) continue;
      ranges.push({ topic, partition, from_offset: start, to_offset: end, next_offset: start });
    }
  }
  return ranges;
}

/** What is fetched is decoded in one go: no more than takes a few milliseconds. */
const maxFetchBytes = 512 * 1024;

/** Partitions of a topic that hold events of the connections; undefined for all of them. */
function partitionsHolding(request: ReplayRequest, topic: string, partitions: number): Set<number> | undefined {
  if (request.connection_ids.length === 0) return undefined;
  const own = request.connection_ids.filter((_, index) => {
    const provider = request.providers[index];
    return provider !== undefined && rawTopics[provider].name === topic;
  });
  return new Set(own.map((id) => partitionFor(id, partitions)));
}

/** Consecutive records of one range. */
export interface RawSlice {
  readonly partition: TopicPartition;
  readonly records: readonly FetchedRecord[];
  readonly nextOffset: number;
  /** Offsets that retention removed before they were read. */
  readonly lost: number;
}

/**
 * What the ranges still hold, in slices of at most `sliceRecords`. The next fetch is under way while a slice is worked
 * on. Ends early when the signal aborts.
 */
export async function* readRanges(
  kafka: Kafka,
  ranges: readonly ReplayRange[],
  sliceRecords: number,
  signal: AbortSignal,
): AsyncGenerator<RawSlice> {
  const ends = new Map<string, number>();
  const positions = ranges.filter((range) => range.next_offset < range.to_offset);
  for (const { topic, partition, to_offset } of positions) ends.set(`${topic}/${partition}`, to_offset);
  if (positions.length === 0) return;
  const reader = await kafka.reader({
    positions: positions.map(({ topic, partition, next_offset }) => ({ topic, partition, offset: next_offset })),
    maxBytes: maxFetchBytes,
  });
  const reached = (partition: TopicPartition, offset: number) => {
    const key = `${partition.topic}/${partition.partition}`;
    const end = ends.get(key) ?? 0;
    if (offset < end) return offset;
    ends.delete(key);
    reader.remove(partition);
    return end;
  };
  try {
    while (ends.size > 0 && !signal.aborted) {
      try {
        for (const { topic, partition, records, nextOffset } of await reader.poll(signal)) {
          const place = { topic, partition };
          const end = ends.get(`${topic}/${partition}`) ?? 0;
          const wanted = records.filter(({ offset }) => offset < end);
          for (let at = sliceRecords; at < wanted.length; at += sliceRecords) {
            const slice = wanted.slice(at - sliceRecords, at);
            yield { partition: place, records: slice, nextOffset: slice.at(-1)!.offset + 1, lost: 0 };
            if (signal.aborted) return;
          }
          const rest = wanted.slice(wanted.length - (wanted.length % sliceRecords || sliceRecords));
          yield { partition: place, records: rest, nextOffset: reached(place, nextOffset), lost: 0 };
        }
      } catch (error) {
        if (!(error instanceof OffsetOutOfRangeError) || error.position.offset >= error.earliest) throw error;
        const { position, earliest } = error;
        const place = { topic: position.topic, partition: position.partition };
        reader.seek({ ...place, offset: earliest });
        const nextOffset = reached(place, earliest);
        yield { partition: place, records: [], nextOffset, lost: nextOffset - position.offset };
      }
    }
  } finally {
    await reader.close();
  }
}
