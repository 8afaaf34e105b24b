import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import type pg from 'pg';
import { copyTimestamp } from './copy-text.ts';
import { databaseError } from './database-error.ts';
import { type LogRow, logColumns, toRecord } from './log-row.ts';
import type { LogPosition } from './log-scan.ts';

/**
 * The rows of a project with these keys, in no order; those that are missing are left out.
 * @throws DatabaseUnavailableError
 */
export async function lookUpLogs(
  pool: pg.Pool,
  projectId: string,
  keys: readonly LogPosition[],
): Promise<readonly LogRecord[]> {
  if (keys.length === 0) return [];
  const sql = `select ${logColumns} from unnest($2::timestamptz[], $3::uuid[]) as wanted (at, key)
    join logs on logs.timestamp = wanted.at and logs.id = wanted.key where project_id = $1`;
  const times = keys.map(({ timestamp }) => copyTimestamp(timestamp));
  const ids = keys.map(({ id }) => id);
  try {
    const { rows } = await pool.query<LogRow>(sql, [projectId, times, ids]);
    return rows.map(toRecord);
  } catch (error) {
    throw databaseError(error);
  }
}
