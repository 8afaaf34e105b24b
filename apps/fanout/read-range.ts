import { OffsetOutOfRangeError } from '@tailrace/kafka/errors.ts';
import type { FetchedBatch, Kafka } from '@tailrace/kafka/kafka.ts';
import type { Position } from '@tailrace/log-query/live-cursor.ts';
import type { Matcher } from '@tailrace/log-query/matcher.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { lineJson } from './frames.ts';

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

/**
 * Reads a past range of `logs` for one project, in parts, each line at most once. Lines of one part are in the order
 * of their arrival; the next part is read only when it is asked for.
 */
export async function* readRange(
  kafka: Kafka,
  { from, to }: Range,
  project: string,
  matches: Matcher,
  signal: AbortSignal,
): AsyncGenerator<RangePart> {
  const topic = topics.logs.name;
  const position = [...from];
  const unread = new Set(to.flatMap((end, partition) => ((position[partition] ?? 0) < end ? [partition] : [])));
  if (unread.size === 0) return;
  const reader = await kafka.reader({
    positions: [...unread].map((partition) => ({ topic, partition, offset: position[partition] ?? 0 })),
  });
  const finish = (partition: number) => {
    if ((position[partition] ?? 0) < (to[partition] ?? 0)) return;
    position[partition] = to[partition] ?? 0;
    unread.delete(partition);
    reader.remove({ topic, partition });
  };
  try {
    while (unread.size > 0) {
      signal.throwIfAborted();
      try {
        const found: { readonly timestamp: number; readonly json: string }[] = [];
        for (const batch of await reader.poll(signal)) {
          if (!unread.has(batch.partition)) continue;
          found.push(...matching(batch, to[batch.partition] ?? 0, project, matches));
          position[batch.partition] = batch.nextOffset;
          finish(batch.partition);
        }
        found.sort((a, b) => a.timestamp - b.timestamp);
        yield { lines: found.map(({ json }) => json), position: [...position] };
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

function* matching(batch: FetchedBatch, end: number, project: string, matches: Matcher) {
  for (const { offset, timestamp, headers, value } of batch.records) {
    if (offset >= end || value === null || headers.get('project')?.toString() !== project) continue;
    const record = decode(value);
    if (record && matches(record)) yield { timestamp, json: lineJson(record) };
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
