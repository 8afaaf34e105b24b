import { upsertLogs } from '@tailrace/postgres/log-rows.ts';
import type { TimePartitions } from '@tailrace/postgres/time-partitions.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { topics } from '@tailrace/topics/topics.ts';
import type { RowTable } from './row-table.ts';

/**
 * Canonical records, live ones and those of replays.
 * @param dayPartitions left out where TimescaleDB makes its chunks by itself.
 */
export function logTable(dayPartitions?: TimePartitions): RowTable<LogRecord> {
  return {
    topics: [topics.logs, topics.logsReplayed],
    ...(dayPartitions && {
      prepare: (client, records) =>
        dayPartitions.ensure(
          client,
          records.map(({ timestamp }) => timestamp),
        ),
    }),
    upsert: upsertLogs,
  };
}
