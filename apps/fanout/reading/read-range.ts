import type { Caller, FairQueue } from '@tailrace/http/limits/fair-queue.ts';
import type { FetchedRecord, Kafka } from '@tailrace/kafka/kafka.ts';
import type { Position } from '@tailrace/log-query/live-cursor.ts';
import type { Matcher } from '@tailrace/log-query/matcher.ts';
import { bytesPerSlice, Slice } from '@tailrace/log-query/thread-time.ts';
import { pollRanges, type RangeSlice } from '@tailrace/stream/reading/read-ranges.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { lineJson } from '../serving/frames.ts';

export interface Range {
  readonly from: Position;
  /** Exclusive. */
  readonly to: Position;
}

/** A part of a range: the lines that matched, and where the reading stands after it. */
export interface RangePart {
  readonly lines: readonly string[];
  readonly position: Position;
  /** Set when retention had removed records: reading went on behind them. */
  readonly lostFrom?: Position;
}

export interface RangeReading {
  readonly kafka: Kafka;
  /** Whose lines, and on whose behalf. */
  readonly caller: Caller;
  /** The places for reading the past at once, which all viewers of the process share. */
  readonly turns: FairQueue;
  readonly matches: Matcher;
  /** Resolves when the viewer has room for a part. Nothing is read before. */
  readonly room: () => Promise<void>;
  readonly signal: AbortSignal;
}

/** Characters of the lines of one part, about. */
const partCharacters = 256 * 1024;

/**
 * Reads a past range of `logs` for one project, in parts, each line at most once. Lines of one fetch are in the order of
 * their arrival. Takes turns with all others who read the past: for the fetches, and for the thread, which decodes and
 * matches in slices.
 */
export async function* readRange(reading: RangeReading, range: Range): AsyncGenerator<RangePart> {
  const { kafka, caller, turns, room, signal } = reading;
  const topic = topics.logs.name;
  const { from, to } = range;
  const position = [...from];
  const ranges = to.map((end, partition) => ({ topic, partition, from: from[partition] ?? 0, to: end }));
  const unread = () => ranges.some(({ partition, to: end }) => (position[partition] ?? 0) < end);
  const move = (slices: readonly RangeSlice[]) => {
    for (const { partition, nextOffset } of slices) position[partition] = nextOffset;
  };
  const fetches = pollRanges(kafka, ranges, signal, { maxBytes: bytesPerSlice });
  const thread = new Slice(caller.project);
  try {
    while (unread()) {
      await room();
      // Decoding is part of the poll, and what was fetched before does not wait for the network.
      await thread.turn();
      const fetched = await turns.run(caller, signal, () => fetches.next());
      if (fetched.done) return;
      const lost = fetched.value.filter((slice) => slice.lost > 0);
      if (lost.length > 0) {
        const lostFrom = [...position];
        move(lost);
        yield { lines: [], position: [...position], lostFrom };
      }
      const found = fetched.value.filter((slice) => slice.lost === 0);
      if (found.length === 0) continue;
      thread.begin();
      for await (const lines of matching(reading, found, position, thread)) {
        yield { lines, position: [...position] };
        await room();
      }
      move(found);
      yield { lines: [], position: [...position] };
    }
  } finally {
    await fetches.return(undefined);
  }
}

/** The matching lines of what was fetched, oldest first, in parts; moves the position as far as each part goes. */
async function* matching(
  { caller, matches, signal }: RangeReading,
  fetched: readonly RangeSlice[],
  position: number[],
  slice: Slice,
): AsyncGenerator<readonly string[]> {
  const project = Buffer.from(caller.project);
  let lines: string[] = [];
  let characters = 0;
  for (const { partition, record } of inOrder(fetched)) {
    if (slice.isOver) {
      await slice.rest();
      signal.throwIfAborted();
    }
    const { offset, headers, value } = record;
    position[partition] = offset + 1;
    if (value === null || headers.get('project')?.equals(project) !== true) continue;
    const line = decode(value);
    if (!line || !matches(line)) continue;
    const json = lineJson(line);
    lines.push(json);
    characters += json.length;
    if (characters < partCharacters) continue;
    slice.end();
    yield lines;
    slice.begin();
    lines = [];
    characters = 0;
  }
  slice.end();
  if (lines.length > 0) yield lines;
}

/** Records of several partitions by their time of arrival; those of one stay in its order. */
function* inOrder(fetched: readonly RangeSlice[]): Generator<{ partition: number; record: FetchedRecord }> {
  const heads = fetched.map(({ partition, records }) => ({ partition, records, next: 0 }));
  for (;;) {
    let oldest: (typeof heads)[number] | undefined;
    let time = Number.POSITIVE_INFINITY;
    for (const head of heads) {
      const record = head.records[head.next];
      if (record === undefined || (oldest !== undefined && record.timestamp >= time)) continue;
      oldest = head;
      time = record.timestamp;
    }
    const record = oldest?.records[oldest.next];
    if (!oldest || !record) return;
    oldest.next += 1;
    yield { partition: oldest.partition, record };
  }
}

/** An unreadable record is the sink's to bury; it has no line to show. */
function decode(value: Buffer) {
  try {
    return topics.logs.codec.decode(value);
  } catch {
    return undefined;
  }
}
