import { logTimeAttribute } from '@tailrace/log-record/parsers.ts';
import type { Queryable } from '../connection/queryable.ts';
import { copyTimestamp } from '../copy-text.ts';
import { Parameters } from '../parameters.ts';
import { withinStatementTimeout } from './log-scan.ts';

export interface ParsingCountsOptions {
  readonly pool: Queryable;
  readonly projectId: string;
  readonly connectionId: string;
  /** Event times, microseconds since the epoch: from included, to excluded. */
  readonly from: number;
  readonly to: number;
  /** How many lines are looked at, the newest of the range. */
  readonly maxLines: number;
  /** When to stop with what has been counted, by `performance.now()`. */
  readonly deadline: number;
  /** Aborts when nobody waits for the answer any more; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/** How many lines there are, and what the parsers found in them. */
export interface ParsingCounts {
  readonly lines: number;
  readonly withLevel: number;
  /** Lines whose text states a time. */
  readonly withTime: number;
  readonly byParser: ReadonlyMap<string, number>;
  /** Event time since when all lines were counted, microseconds. */
  readonly since: number;
}

const firstSpan = 5 * 60 * 1_000_000;
const shortestSpan = 1_000_000;
/** How much longer each next stretch of time is, and how much shorter after one that took too long. */
const spanFactor = 4;

/**
 * Counts what the parsers made of a connection's newest stored lines, in ever longer stretches of time, each a statement
 * that reads no more lines than are still wanted.
 *
 * @throws TailraceError `postgres.unavailable`
 */
export async function countParsing(options: ParsingCountsOptions): Promise<ParsingCounts> {
  const { from, to, maxLines, deadline, signal } = options;
  const counts = { lines: 0, withLevel: 0, withTime: 0, byParser: new Map<string, number>(), since: to };
  let span = firstSpan;
  while (counts.since > from && counts.lines < maxLines && performance.now() < deadline) {
    signal?.throwIfAborted();
    const until = Math.max(from, counts.since - span);
    const rows = await withinStatementTimeout(() =>
      countStretch(options, until, counts.since, maxLines - counts.lines),
    );
    if (rows === undefined) {
      if (span <= shortestSpan) break;
      span = Math.max(shortestSpan, Math.floor(span / spanFactor ** 2));
      continue;
    }
    let oldest = counts.since;
    for (const { parser, has_level, has_time, lines, since } of rows) {
      counts.lines += lines;
      if (has_level) counts.withLevel += lines;
      if (has_time) counts.withTime += lines;
      counts.byParser.set(parser, (counts.byParser.get(parser) ?? 0) + lines);
      oldest = Math.min(oldest, since);
    }
    counts.since = counts.lines < maxLines ? until : oldest;
    span *= spanFactor;
  }
  return counts;
}

interface CountRow {
  readonly parser: string;
  readonly has_level: boolean;
  readonly has_time: boolean;
  readonly lines: number;
  readonly since: number;
}

async function countStretch(
  { pool, projectId, connectionId }: ParsingCountsOptions,
  from: number,
  to: number,
  limit: number,
): Promise<readonly CountRow[]> {
  const parameters = new Parameters();
  const sql = `select parser, has_level, has_time, count(*)::bigint as lines,
      (extract(epoch from min(timestamp)) * 1000000)::bigint as since
    from (select parser, timestamp, severity_number > 0 as has_level,
        attributes ->> ${parameters.add(logTimeAttribute)} is not null as has_time
      from logs where project_id = ${parameters.add(projectId)} and connection_id = ${parameters.add(connectionId)}
        and timestamp >= ${parameters.add(copyTimestamp(from))}::timestamptz
        and timestamp < ${parameters.add(copyTimestamp(to))}::timestamptz
      order by timestamp desc, id desc limit ${limit}) as newest
    group by 1, 2, 3`;
  const { rows } = await pool.query<CountRow>(sql, parameters.values);
  return rows;
}
