import type { FetchedRecord, Kafka } from '@tailrace/kafka/kafka.ts';
import { bytesPerSlice, Slice } from '@tailrace/log-query/thread-time.ts';
import { pollPastRetention } from '@tailrace/stream/reading/poll-past-retention.ts';

/** A record with the partition it is in. */
export interface ArrivedRecord {
  readonly partition: number;
  readonly record: FetchedRecord;
}

export interface ArrivalRange {
  readonly topic: string;
  /** On whose behalf: decoding is done in its slices of the thread. */
  readonly project: string;
  /** First offset to read, by partition. */
  readonly from: readonly number[];
  /** By partition, exclusive. */
  readonly to: readonly number[];
  /** Called when retention removed records of the range while it was being read. */
  readonly onLost: (partition: number) => void;
}

interface Queue {
  readonly records: readonly FetchedRecord[];
  next: number;
}

/**
 * Reads a range of a topic in the order of arrival over all its partitions, in parts: each part holds records that none
 * that is still to come precedes. Ends at `to`. Holds one fetched batch a partition.
 */
export async function* readInArrivalOrder(
  kafka: Kafka,
  { topic, project, from, to, onLost }: ArrivalRange,
  signal: AbortSignal,
): AsyncGenerator<readonly ArrivedRecord[]> {
  const unread = new Set(to.flatMap((end, partition) => ((from[partition] ?? 0) < end ? [partition] : [])));
  if (unread.size === 0) return;
  const queues = new Map<number, Queue>();
  const reader = await kafka.reader({
    positions: [...unread].map((partition) => ({ topic, partition, offset: from[partition] ?? 0 })),
    maxBytes: bytesPerSlice,
  });
  const slice = new Slice(project);
  const finishAt = (partition: number, position: number): void => {
    if (position < (to[partition] ?? 0)) return;
    unread.delete(partition);
    reader.remove({ topic, partition });
  };
  try {
    while (unread.size > 0 || queues.size > 0) {
      signal.throwIfAborted();
      if ([...unread].some((partition) => !queues.has(partition))) {
        await slice.turn();
        let passed: { readonly partition: number; readonly goesOnAt: number } | undefined;
        const batches = await pollPastRetention(reader, signal, ({ partition }, goesOnAt) => {
          onLost(partition);
          passed = { partition, goesOnAt };
        });
        if (passed) finishAt(passed.partition, passed.goesOnAt);
        for (const { partition, records, nextOffset } of batches) {
          if (!unread.has(partition)) continue;
          const inRange = records.filter(({ offset }) => offset < (to[partition] ?? 0));
          if (inRange.length > 0) queues.set(partition, { records: inRange, next: 0 });
          if (inRange.length > 0) reader.pause({ topic, partition });
          finishAt(partition, nextOffset);
        }
        continue;
      }
      const part = merge(queues);
      for (const [partition, { records, next }] of queues) {
        if (next < records.length) continue;
        queues.delete(partition);
        if (unread.has(partition)) reader.resume({ topic, partition });
      }
      yield part;
    }
  } finally {
    await reader.close();
  }
}

/** Takes records, oldest first, until a queue is empty: what follows in that partition may precede the others' rest. */
function merge(queues: ReadonlyMap<number, Queue>): readonly ArrivedRecord[] {
  const part: ArrivedRecord[] = [];
  for (;;) {
    let oldest: { readonly partition: number; readonly queue: Queue; readonly record: FetchedRecord } | undefined;
    for (const [partition, queue] of queues) {
      const record = queue.records[queue.next];
      if (!record) return part;
      if (!oldest || record.timestamp < oldest.record.timestamp) oldest = { partition, queue, record };
    }
    if (!oldest) return part;
    oldest.queue.next += 1;
    part.push({ partition: oldest.partition, record: oldest.record });
  }
}
