import { databaseError } from '@tailrace/postgres/connection/database-error.ts';
import { inTransaction } from '@tailrace/postgres/connection/transaction.ts';
import type { TimePartitions } from '@tailrace/postgres/time-partitions.ts';
import { dropChunksBefore, type Partitioning } from '@tailrace/postgres/timescaledb.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import type pg from 'pg';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const retryMs = 10_000;
const limits = { answerTimeoutMs: 10 * 60_000 };

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
    const dropped =
      partitioning === 'timescaledb'
        ? await dropChunksBefore(client, before)
        : await dayPartitions.dropBefore(client, before * 1000);
    if (dropped.length > 0) logger.info({ dropped, keepDays }, 'dropped days that are past their retention');
    // By whole days in UTC, as the logs go.
    await inTransaction(client, limits, async () => {
      await client.query(
        `delete from alerts where started_at < date_trunc('day', now(), 'UTC') - make_interval(hours => 24 * $1)`,
        [keepAlertDays],
      );
      await client.query('delete from used_tickets where expires_at < now()');
    });
  } catch (error) {
    throw databaseError(error);
  } finally {
    client.release(true);
  }
}
