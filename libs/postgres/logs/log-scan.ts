import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { LogFilter } from '@tailrace/log-query/log-filter.ts';
import { compileFilter } from '@tailrace/log-query/matcher.ts';
import { filterInSlices } from '@tailrace/log-query/thread-time.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { databaseError, isCancelled } from '../connection/database-error.ts';
import type { Queryable } from '../connection/queryable.ts';
import { copyTimestamp } from '../copy-text.ts';
import { Parameters } from '../parameters.ts';
import { filterSql } from './log-filter-sql.ts';
import { type LogRow, logColumns, toRecord } from './log-row.ts';

/** A place between records, in the order of (event time, id). */
export interface LogPosition {
  /** Microseconds since the epoch. */
  readonly timestamp: number;
  /** 32 hexadecimal digits. */
  readonly id: string;
}

export interface LogScanOptions {
  readonly pool: Queryable;
  readonly projectId: string;
  readonly filter: LogFilter;
  /** Event times, microseconds since the epoch: from included, to excluded. */
  readonly from: number;
  readonly to: number;
  /** `older` goes from the newest record to the oldest. */
  readonly direction: 'older' | 'newer';
  /** Records beyond this one, itself not included. Left out: from the range's end. */
  readonly start?: LogPosition | undefined;
  /** When to stop and report how far it came, by `performance.now()`. */
  readonly deadline: number;
  /** Aborts when nobody waits for the answer any more; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

export interface LogScanStep {
  /** What matched, in the scan's direction. */
  readonly records: readonly LogRecord[];
  /** Everything up to here has been looked at. */
  readonly position: LogPosition;
  /** The range has been looked at to its end. */
  readonly isLast: boolean;
}

const lowestId = '0'.repeat(32);
const highestId = 'f'.repeat(32);
const firstSpan = 5 * 60 * 1_000_000;
/** How much longer each next stretch of time is, and how much shorter after one that took too long. */
const spanFactor = 4;
const shortestSpan = 1000;
const firstBatch = 200;
const largestBatch = 500;
/**
 * Bodies of one batch together, about. The driver parses what a socket has in one turn of the event loop, up to two
 * megabytes of it, so that a larger answer keeps everybody else in the process waiting.
 */
const batchCharacters = 256 * 1024;

/**
 * Looks through a project's logs in order, in ever longer stretches of time, so that a filter that matches little costs
 * a bounded time at once and says how far it came, where one statement over the whole range would end in a time-out.
 *
 * @throws TailraceError `log_search.too_slow` when even the shortest stretch took longer than a statement may.
 */
export async function* scanLogs(options: LogScanOptions): AsyncGenerator<LogScanStep> {
  const { direction, from, to, filter, deadline, projectId, signal } = options;
  const matches = compileFilter(filter);
  const older = direction === 'older';
  let position = options.start ?? (older ? { timestamp: to, id: lowestId } : { timestamp: from - 1, id: highestId });
  let span = firstSpan;
  let batch = firstBatch;
  do {
    signal?.throwIfAborted();
    const until = older ? Math.max(from, position.timestamp - span) : Math.min(to, position.timestamp + 1 + span);
    const rows = await readStretch(options, position, until, batch);
    if (rows === undefined) {
      if (span <= shortestSpan) throw tooSlow();
      span = Math.max(shortestSpan, Math.floor(span / spanFactor ** 2));
      continue;
    }
    const last = rows.at(-1);
    const isWhole = rows.length < batch || last === undefined;
    if (isWhole) {
      position = older ? { timestamp: until, id: lowestId } : { timestamp: until - 1, id: highestId };
      span *= spanFactor;
    } else {
      position = { timestamp: last.timestamp, id: last.id };
      batch = nextBatch(rows);
    }
    const isLast = isWhole && until === (older ? from : to);
    // RE2 runs here, in the process, and a batch may take it long.
    yield { records: await filterInSlices(projectId, rows, matches, signal), position, isLast };
    if (isLast) return;
  } while (performance.now() < deadline);
}

/** The next records up to `until`; undefined when the statement took too long. */
async function readStretch(
  { pool, projectId, filter, direction }: LogScanOptions,
  position: LogPosition,
  until: number,
  limit: number,
): Promise<readonly LogRecord[] | undefined> {
  const older = direction === 'older';
  const parameters = new Parameters();
  const project = parameters.add(projectId);
  const time = `${parameters.add(copyTimestamp(position.timestamp))}::timestamptz`;
  const place = `(${time}, ${parameters.add(position.id)}::uuid)`;
  const bound = `${parameters.add(copyTimestamp(until))}::timestamptz`;
  const conditions = [
    `project_id = ${project}`,
    `(timestamp, id) ${older ? '<' : '>'} ${place}`,
    // The same once more of the time alone: comparing rows leaves out no partition.
    `timestamp ${older ? '<=' : '>='} ${time}`,
    `timestamp ${older ? '>=' : '<'} ${bound}`,
    ...filterSql(filter, parameters).conditions,
  ];
  const order = older ? 'desc' : 'asc';
  const sql = `select ${logColumns} from logs where ${conditions.join(' and ')}
    order by logs.timestamp ${order}, logs.id ${order} limit ${limit}`;
  return withinStatementTimeout(async () => {
    const { rows } = await pool.query<LogRow>(sql, parameters.values);
    return rows.map(toRecord);
  });
}

/** @returns undefined when PostgreSQL cancelled the statement for its time. */
export async function withinStatementTimeout<Value>(query: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await query();
  } catch (error) {
    if (isCancelled(error)) return undefined;
    throw databaseError(error);
  }
}

/** As many records as make up a batch of fair size, by the sizes seen. */
function nextBatch(records: readonly LogRecord[]): number {
  const characters = records.reduce((sum, record) => sum + record.body.length + 200, 0);
  const fitting = Math.floor((batchCharacters * records.length) / characters);
  return Math.min(largestBatch, Math.max(firstBatch, fitting));
}

function tooSlow(): TailraceError {
  return new TailraceError('the search took too long', {
    code: 'log_search.too_slow',
    remedy: 'give-up',
    help: 'Narrow the time range or the filter.',
  });
}
