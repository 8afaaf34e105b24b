import type { Caller, FairQueue } from '@tailrace/http/limits/fair-queue.ts';
import { OffsetOutOfRangeError } from '@tailrace/kafka/errors.ts';
import type { FetchedBatch, FetchedRecord, Kafka, Reader } from '@tailrace/kafka/kafka.ts';
import type { Position } from '@tailrace/log-query/live-cursor.ts';
import type { Matcher } from '@tailrace/log-query/matcher.ts';
import { bytesPerSlice, Slice } from '@tailrace/log-query/thread-time.ts';
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
  const unread = new Set(to.flatMap((end, partition) => ((position[partition] ?? 0) < end ? [partition] : [])));
  if (unread.size === 0) return;
  await room();
  const reader = await kafka.reader({
    positions: [...unread].map((partition) => ({ topic, partition, offset: position[partition] ?? 0 })),
    maxBytes: bytesPerSlice,
  });
  const finish = (partition: number) => {
    if ((position[partition] ?? 0) < (to[partition] ?? 0)) return;
    position[partition] = to[partition] ?? 0;
    unread.delete(partition);
    reader.remove({ topic, partition });
  };
  const slice = new Slice(caller.project);
  try {
    while (unread.size > 0) {
      await room();
      // Decoding is part of the poll, and what was fetched before does not wait for the network.
      await slice.turn();
      try {
        const batches = await turns.run(caller, signal, () => pollOf(reader, signal));
        slice.begin();
        const wanted = batches.filter(({ partition }) => unread.has(partition));
        for await (const lines of matching(reading, wanted, to, position, slice)) {
          yield { lines, position: [...position] };
          await room();
        }
        for (const { partition, nextOffset } of wanted) {
          position[partition] = nextOffset;
          finish(partition);
        }
        yield { lines: [], position: [...position] };
      } catch (error) {
        if (!(error instanceof OffsetOutOfRangeError) || error.position.offset >= error.earliest) throw error;
        const lostFrom = [...position];
        const { partition } = error.position;
        position[partition] = Math.min(error.earliest, to[partition] ?? 0);
        reader.seek({ topic, partition, offset: error.earliest });
        finish(partition);
        yield { lines: [], position: [...position], lostFrom };
      }
    }
  } finally {
    await reader.close();
  }
}

function pollOf(reader: Reader, signal: AbortSignal): Promise<readonly FetchedBatch[]> {
  signal.throwIfAborted();
  return reader.poll(signal);
}

/** The matching lines of what was fetched, oldest first, in parts; moves the position as far as each part goes. */
async function* matching(
  { caller, matches, signal }: RangeReading,
  batches: readonly FetchedBatch[],
  to: Position,
  position: number[],
  slice: Slice,
): AsyncGenerator<readonly string[]> {
  const project = Buffer.from(caller.project);
  let lines: string[] = [];
  let characters = 0;
  for (const { partition, record } of inOrder(batches)) {
    if (slice.isOver) {
      await slice.rest();
      signal.throwIfAborted();
    }
    const { offset, headers, value } = record;
    if (offset >= (to[partition] ?? 0)) continue;
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
function* inOrder(batches: readonly FetchedBatch[]): Generator<{ partition: number; record: FetchedRecord }> {
  const heads = batches.map(({ partition, records }) => ({ partition, records, next: 0 }));
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
