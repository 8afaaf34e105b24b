import type { FetchedBatch, FetchedRecord, Reader, TopicPartition } from '@tailrace/kafka/kafka.ts';
import { pollPastRetention } from '../reading/poll-past-retention.ts';
import type { BatchPolicy } from './batch-policy.ts';

/** Records of one partition that one transaction will take. */
export interface PolledBatch {
  readonly records: readonly FetchedRecord[];
  /** Where the next read starts. */
  readonly nextOffset: number;
}

interface PollBatchOptions {
  /** Reads this one partition only. */
  readonly reader: Reader;
  readonly partition: TopicPartition;
  readonly pace: BatchPolicy;
  /** When the caller committed last, by `performance.now()`. */
  readonly lastCommit: number;
  readonly signal: AbortSignal;
  /** Called with how many records retention removed before they were read. */
  readonly onLost: (records: number) => void;
}

/**
 * Waits for records, then goes on gathering until the pace says to commit. When retention has passed the position,
 * what is gone is counted and reading goes on behind it; a position beyond the log's end is an error.
 *
 * @returns undefined when the signal aborted before anything came.
 */
export async function pollBatch(options: PollBatchOptions): Promise<PolledBatch | undefined> {
  const { pace, signal } = options;
  const first = await nextBatch(options, signal);
  if (!first) return undefined;
  let last = first;
  let records = first.records;
  const commitAt = options.lastCommit + pace.intervalMs;
  while (records.length < pace.maxRecords && performance.now() < commitAt && !signal.aborted) {
    const interval = AbortSignal.timeout(Math.max(0, Math.ceil(commitAt - performance.now())));
    const more = await nextBatch(options, AbortSignal.any([signal, interval]));
    if (!more) break;
    records = records.concat(more.records);
    last = more;
  }
  return { records, nextOffset: last.nextOffset };
}

async function nextBatch({ reader, onLost }: PollBatchOptions, signal: AbortSignal): Promise<FetchedBatch | undefined> {
  while (!signal.aborted) {
    const [batch] = await pollPastRetention(reader, signal, ({ offset }, goesOnAt) => onLost(goesOnAt - offset));
    if (batch) return batch;
  }
  return undefined;
}
