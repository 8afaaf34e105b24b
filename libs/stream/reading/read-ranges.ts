import type { FetchedRecord, Kafka, ReaderOptions, TopicPartition } from '@tailrace/kafka/kafka.ts';
import { partitionKey } from '@tailrace/kafka/partition-key.ts';
import { pollPastRetention } from './poll-past-retention.ts';

/** Offsets of a partition: `from` and, exclusively, `to`. */
export interface OffsetRange extends TopicPartition {
  readonly from: number;
  readonly to: number;
}

/** Consecutive records of one range. */
export interface RangeSlice extends TopicPartition {
  /** All of them within the range. May be none, where only the position moved. */
  readonly records: readonly FetchedRecord[];
  /** Where the reading of this range stands behind them; the range has been read once that is its `to`. */
  readonly nextOffset: number;
  /** Offsets of the range that retention had removed before they were read. */
  readonly lost: number;
}

export interface RangeReadOptions extends Omit<ReaderOptions, 'positions'> {
  /** Records of one slice, at most; as many as were fetched when left out. */
  readonly sliceRecords?: number;
  /** What is enough of a range: the rest of it is not read. */
  readonly enough?: (slice: RangeSlice) => boolean;
}

/**
 * Reads parts of partitions that have an end, in whatever order they are fetched, and ends when all have been read.
 * Ranges are not changed by what happens meanwhile: what is written later is left out, and what retention removes is
 * reported as lost and passed over.
 *
 * The caller sets the pace: nothing is polled before it asks for the next slice of a new fetch.
 *
 * @throws the signal's reason when it aborts, so that a part is never taken for the whole.
 * @throws OffsetOutOfRangeError for a range that begins beyond the log's end: its offsets are of another topic.
 */
export async function* readRanges(
  kafka: Kafka,
  ranges: readonly OffsetRange[],
  signal: AbortSignal,
  options: RangeReadOptions = {},
): AsyncGenerator<RangeSlice> {
  for await (const slices of pollRanges(kafka, ranges, signal, options)) yield* slices;
}

/** The same by fetch: the slices of one fetch together, for a reader that puts several partitions into one order. */
export async function* pollRanges(
  kafka: Kafka,
  ranges: readonly OffsetRange[],
  signal: AbortSignal,
  { sliceRecords = Number.POSITIVE_INFINITY, enough, ...reading }: RangeReadOptions = {},
): AsyncGenerator<readonly RangeSlice[]> {
  const unread = new Map(ranges.filter(({ from, to }) => from < to).map((range) => [partitionKey(range), range]));
  if (unread.size === 0) return;
  signal.throwIfAborted();
  const positions = [...unread.values()].map(({ topic, partition, from: offset }) => ({ topic, partition, offset }));
  const reader = await kafka.reader({ ...reading, positions });
  try {
    while (unread.size > 0) {
      signal.throwIfAborted();
      const found: RangeSlice[] = [];
      const batches = await pollPastRetention(reader, signal, ({ topic, partition, offset }, goesOnAt) => {
        const range = unread.get(partitionKey({ topic, partition }));
        if (!range) return;
        const nextOffset = Math.min(goesOnAt, range.to);
        found.push({ topic, partition, records: [], nextOffset, lost: nextOffset - offset });
      });
      for (const { topic, partition, records, nextOffset } of batches) {
        const range = unread.get(partitionKey({ topic, partition }));
        if (!range) continue;
        const wanted = nextOffset <= range.to ? records : records.filter(({ offset }) => offset < range.to);
        const next = Math.min(nextOffset, range.to);
        found.push(...slicesOf({ topic, partition, records: wanted, nextOffset: next, lost: 0 }, sliceRecords));
      }
      for (const slice of found) {
        const { topic, partition, nextOffset } = slice;
        const range = unread.get(partitionKey(slice));
        if (!range || (nextOffset < range.to && enough?.(slice) !== true)) continue;
        unread.delete(partitionKey(slice));
        reader.remove({ topic, partition });
      }
      // An aborted poll gives what it has: nothing of it is kept from a caller that can do with a part.
      if (found.length > 0) yield found;
    }
  } finally {
    await reader.close();
  }
}

function* slicesOf(slice: RangeSlice, most: number): Generator<RangeSlice> {
  const { records } = slice;
  let at = 0;
  for (; records.length - at > most; at += most) {
    const part = records.slice(at, at + most);
    yield { ...slice, records: part, nextOffset: part.at(-1)!.offset + 1 };
  }
  yield at === 0 ? slice : { ...slice, records: records.slice(at) };
}
