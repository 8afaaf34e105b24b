import { databaseError } from '@tailrace/postgres/database-error.ts';
import type { Partitioning } from '@tailrace/postgres/migrate.ts';
import type { TimePartitions } from '@tailrace/postgres/time-partitions.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import type pg from 'pg';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const retryMs = 10_000;

export interface RetentionOptions {
  readonly pool: pg.Pool;
  readonly partitioning: Partitioning;
  readonly dayPartitions: TimePartitions;
  readonly keepDays: number;
  readonly keepAlertDays: number;
  readonly logger: Logger;
}

/**
 * Drops days of logs that are older than `keepDays`, and alerts of days older than `keepAlertDays`, at start and every
 * hour. Safe in several processes at once. A failure is logged and tried again soon.
 *
 * @returns what stops it.
 */
export function startRetention(options: RetentionOptions): () => void {
  let timer: NodeJS.Timeout;
  let stopped = false;
  const run = async () => {
    let nextMs = hourMs;
    try {
      await dropOld(options);
    } catch (err) {
      nextMs = retryMs;
      options.logger.error({ err }, 'retention failed; it is tried again');
    }
    if (!stopped) timer = setTimeout(() => void run(), nextMs);
  };
  void run();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

async function dropOld(options: RetentionOptions): Promise<void> {
  const { pool, partitioning, dayPartitions, keepDays, keepAlertDays, logger } = options;
  const before = Date.now() - keepDays * dayMs;
  const client = await pool.connect();
  try {
    // A drop waits for readers of the table; new readers and writers would queue up behind it.
    await client.query(`set lock_timeout = '5s'`);
    const dropped =
      partitioning === 'timescaledb'
        ? (
            await client.query(`select drop_chunks('logs', to_timestamp($1 / 1000.0))::text as name`, [before])
          ).rows.map((row: { name: string }) => row.name)
        : await dayPartitions.dropBefore(client, before * 1000);
    if (dropped.length > 0) logger.info({ dropped, keepDays }, 'dropped days that are past their retention');
    // By whole days in UTC, as the logs go.
    await client.query(
      `delete from alerts where started_at < date_trunc('day', now(), 'UTC') - make_interval(hours => 24 * $1)`,
      [keepAlertDays],
    );
    await client.query('delete from used_tickets where expires_at < now()');
  } catch (error) {
    throw databaseError(error);
  } finally {
    client.release(true);
  }
}
