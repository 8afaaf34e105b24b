import { type Level, levelOf } from '@tailrace/log-record/level.ts';
import { copyTimestamp } from '../copy-text.ts';
import { Parameters } from '../parameters.ts';
import { filterSql } from './log-filter-sql.ts';
import { type LogScanOptions, scanLogs, withinStatementTimeout } from './log-scan.ts';

export type HistogramOptions = Omit<LogScanOptions, 'direction' | 'start'> & {
  /** Width of a bucket, microseconds. Buckets begin at multiples of it since the epoch. */
  readonly width: number;
};

/** Records by level; `unset` has none. */
type LevelCounts = Partial<Record<Level | 'unset', number>>;

export interface Histogram {
  /** By the bucket's number: its beginning divided by its width. Buckets without records are left out. */
  readonly buckets: ReadonlyMap<number, LevelCounts>;
  /** Number of the first bucket that is counted in full: not the range's first when the time was up. */
  readonly firstCounted: number;
}

/**
 * Counts the matching records by time and level, newest buckets first, until the deadline.
 * @throws TailraceError `log_search.too_slow`, `postgres.unavailable`
 */
export function countLogs(options: HistogramOptions): Promise<Histogram> {
  return filterSql(options.filter, new Parameters()).isExact ? countInDatabase(options) : countByScanning(options);
}

async function countInDatabase(options: HistogramOptions): Promise<Histogram> {
  const { from, to, width, deadline, signal } = options;
  const counts = new Counts();
  const firstBucket = Math.floor(from / width);
  let end = Math.ceil(to / width);
  let stretch = end - firstBucket;
  while (end > firstBucket && performance.now() < deadline) {
    signal?.throwIfAborted();
    const first = Math.max(firstBucket, end - stretch);
    const rows = await withinStatementTimeout(() => countStretch(options, first, end));
    if (rows === undefined) {
      if (stretch === 1) break;
      stretch = Math.ceil(stretch / 16);
      continue;
    }
    for (const { bucket, severity, count } of rows) counts.add(bucket, severity, count);
    end = first;
    stretch *= 2;
  }
  return { buckets: counts.buckets, firstCounted: end };
}

async function countStretch(
  { pool, projectId, filter, from, to, width }: HistogramOptions,
  first: number,
  end: number,
) {
  const parameters = new Parameters();
  const project = parameters.add(projectId);
  const start = parameters.add(copyTimestamp(Math.max(from, first * width)));
  const stop = parameters.add(copyTimestamp(Math.min(to, end * width)));
  const conditions = [
    `project_id = ${project}`,
    `timestamp >= ${start}::timestamptz`,
    `timestamp < ${stop}::timestamptz`,
    ...filterSql(filter, parameters).conditions,
  ];
  // Counted from the stretch's own beginning: before its origin, date_bin of some versions is a bucket off.
  const origin = `'epoch'::timestamptz + ${parameters.add(microseconds(first * width))}::interval`;
  const bin = `date_bin(${parameters.add(microseconds(width))}::interval, timestamp, ${origin})`;
  const sql = `select (extract(epoch from bin) * 1000000)::bigint as start, severity, count
    from (select ${bin} as bin, severity_number as severity, count(*)::bigint as count
      from logs where ${conditions.join(' and ')} group by 1, 2) as counted`;
  const { rows } = await pool.query<{ start: number; severity: number; count: number }>(sql, parameters.values);
  return rows.map((row) => ({ ...row, bucket: Math.round(row.start / width) }));
}

/** A span as an interval of PostgreSQL, with no unit whose length depends on a calendar. */
function microseconds(count: number): string {
  return `${count} microseconds`;
}

async function countByScanning(options: HistogramOptions): Promise<Histogram> {
  const { from, to, width } = options;
  const counts = new Counts();
  let firstCounted = Math.ceil(to / width);
  for await (const { records, position, isLast } of scanLogs({ ...options, direction: 'older' })) {
    for (const record of records) counts.add(Math.floor(record.timestamp / width), record.severity_number, 1);
    firstCounted = isLast ? Math.floor(from / width) : Math.ceil(position.timestamp / width);
  }
  return { buckets: counts.buckets, firstCounted };
}

class Counts {
  readonly buckets = new Map<number, LevelCounts>();

  add(bucket: number, severityNumber: number, count: number): void {
    const level = levelOf(severityNumber) ?? 'unset';
    const counts = this.buckets.get(bucket) ?? {};
    this.buckets.set(bucket, counts);
    counts[level] = (counts[level] ?? 0) + count;
  }
}
