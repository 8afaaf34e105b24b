import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { databaseError } from '../connection/database-error.ts';
import type { Queryable } from '../connection/queryable.ts';
import { copyTimestamp } from '../copy-text.ts';
import { type LogRow, logColumns, toRecord } from './log-row.ts';
import type { LogPosition } from './log-scan.ts';

/**
 * The rows of a project with these keys, in no order; those that are missing are left out.
 * @throws DatabaseUnavailableError
 */
export async function lookUpLogs(
  pool: Queryable,
  projectId: string,
  keys: readonly LogPosition[],
): Promise<readonly LogRecord[]> {
  if (keys.length === 0) return [];
  // Each key by itself, so that it is looked for in its own partition alone, whatever the planner thinks of their number.
  const sql = `select found.* from unnest($2::timestamptz[], $3::uuid[]) as wanted (at, key) cross join lateral (
    select ${logColumns} from logs where logs.timestamp = wanted.at and logs.id = wanted.key and project_id = $1
      and logs.timestamp between $4 and $5 limit 1) as found`;
  const times = keys.map(({ timestamp }) => copyTimestamp(timestamp));
  const ids = keys.map(({ id }) => id);
  const { first, last } = boundsOf(keys);
  try {
    const { rows } = await pool.query<LogRow>(sql, [projectId, times, ids, copyTimestamp(first), copyTimestamp(last)]);
    return rows.map(toRecord);
  } catch (error) {
    throw databaseError(error);
  }
}

function boundsOf(keys: readonly LogPosition[]): { readonly first: number; readonly last: number } {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { timestamp } of keys) {
    first = Math.min(first, timestamp);
    last = Math.max(last, timestamp);
  }
  return { first, last };
}
