import { isMissingPartition } from '@tailrace/postgres/connection/database-error.ts';
import { upsertLogs } from '@tailrace/postgres/logs/log-rows.ts';
import type { TimePartitions } from '@tailrace/postgres/time-partitions.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { topics } from '@tailrace/topics/topics.ts';
import type { RowTable } from './row-table.ts';

/**
 * Canonical records, live ones and those of replays.
 * @param dayPartitions left out where TimescaleDB makes its chunks by itself.
 */
export function logTable(dayPartitions?: TimePartitions): RowTable<LogRecord> {
  const tables = [topics.logs, topics.logsReplayed] as const;
  if (!dayPartitions) return { topics: tables, upsert: upsertLogs };
  return {
    topics: tables,
    prepare: (client, records) =>
      dayPartitions.ensure(
        client,
        records.map(({ timestamp }) => timestamp),
      ),
    upsert: (client, records) =>
      upsertLogs(client, records).catch((error) => {
        if (isMissingPartition(error)) dayPartitions.forget();
        throw error;
      }),
  };
}
