/**
 * How a task trades latency for batching. A transaction costs a few milliseconds whatever its size, so a quiet
 * stream commits each record at once and a busy one gathers records until the interval since its last commit is over.
 */
export interface BatchPolicy {
  /** Least time between two commits of one partition, milliseconds, unless `maxRecords` are waiting. */
  readonly intervalMs: number;
  /** A transaction takes no more records than one poll past this. */
  readonly maxRecords: number;
}

/** Keeps raw → canonical under 100 ms; forty commits a second of one partition at most. */
export const defaultCommitPace: BatchPolicy = { intervalMs: 25, maxRecords: 10_000 };
