import type { FetchedBatch, FetchedRecord, Reader } from '@tailrace/kafka/kafka.ts';
import type { CommitPace } from './commit-pace.ts';

/** Records of one partition that one transaction will take. */
export interface Gathered {
  readonly records: readonly FetchedRecord[];
  /** Where the next read starts. */
  readonly nextOffset: number;
  /** Records still to read behind these, as far as the last fetch knew. */
  readonly lag: number;
}

/**
 * Waits for records of the reader's one partition, then goes on gathering until the pace says to commit.
 *
 * @param lastCommit when this task committed last, by `performance.now()`.
 * @returns undefined when the signal aborted before anything came.
 */
export async function gather(
  reader: Reader,
  pace: CommitPace,
  lastCommit: number,
  signal: AbortSignal,
): Promise<Gathered | undefined> {
  const first = await nextBatch(reader, signal);
  if (!first) return undefined;
  let last = first;
  let records = first.records;
  const commitAt = lastCommit + pace.intervalMs;
  while (records.length < pace.maxRecords && performance.now() < commitAt && !signal.aborted) {
    const interval = AbortSignal.timeout(Math.max(0, Math.ceil(commitAt - performance.now())));
    const more = await nextBatch(reader, AbortSignal.any([signal, interval]));
    if (!more) break;
    records = records.concat(more.records);
    last = more;
  }
  return { records, nextOffset: last.nextOffset, lag: Math.max(0, last.lastStableOffset - last.nextOffset) };
}

async function nextBatch(reader: Reader, signal: AbortSignal): Promise<FetchedBatch | undefined> {
  while (!signal.aborted) {
    const [batch] = await reader.poll(signal);
    if (batch) return batch;
  }
  return undefined;
}
