import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import type { ReplayRange } from '@tailrace/schemas/generated/replay-range.ts';
import type { ReplayRequest } from '@tailrace/schemas/generated/replay-request.ts';
import { type RangeSlice, readRanges } from '@tailrace/stream/reading/read-ranges.ts';
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
      kafka.admin.offsets(topic, 'last_stable'),
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

/**
 * What the ranges of a replay still hold, in slices of at most `sliceRecords`. The next fetch is under way while a slice
 * is worked on. Ends early when the signal aborts: the replay's progress says where it stands.
 */
export async function* readRawRanges(
  kafka: Kafka,
  ranges: readonly ReplayRange[],
  sliceRecords: number,
  signal: AbortSignal,
): AsyncGenerator<RangeSlice> {
  const unread = ranges.map(({ topic, partition, next_offset, to_offset }) => {
    return { topic, partition, from: next_offset, to: to_offset };
  });
  try {
    yield* readRanges(kafka, unread, signal, { sliceRecords, maxBytes: maxFetchBytes });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
