import type { TopicPartitionOffset } from '@tailrace/kafka/kafka.ts';
import { watchDatabase } from '@tailrace/postgres/connection/database-health.ts';
import { openPool } from '@tailrace/postgres/connection/pool.ts';
import { boundedQueries } from '@tailrace/postgres/connection/queryable.ts';
import { lookUpLogs } from '@tailrace/postgres/logs/log-lookup.ts';
import type { LogPosition } from '@tailrace/postgres/logs/log-scan.ts';
import { sinkOffsets } from '@tailrace/postgres/logs/sink-offsets.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';

/** Rows of a slice by their keys, or some tens of offsets. */
const limits = { statementTimeoutMs: 10_000, answerTimeoutMs: 15_000, isReadOnly: true };

/** What a replay asks PostgreSQL: which rows stand, and how far the sink is. It writes nothing there. */
export interface LogStore {
  /** Rows of a project by their keys, those that there are. */
  find(projectId: string, keys: readonly LogPosition[]): Promise<readonly LogRecord[]>;
  /** What the sink has stored of each partition of `logs` and `logs.replayed`. */
  sinkOffsets(): Promise<readonly TopicPartitionOffset[]>;
  /** Why it does not answer; undefined while it does. */
  readonly trouble: string | undefined;
  close(): Promise<void>;
}

/** Holds one connection to each database while no replay runs, over which it knows that it answers. */
export function openLogStore(urls: { readonly read: string; readonly write: string }, logger: Logger): LogStore {
  const open = (url: string, max: number) =>
    openPool({
      url,
      applicationName: 'tailrace-replayer',
      max,
      onIdleError: (err) => logger.warn({ err }, 'an idle database connection broke'),
    });
  const rows = open(urls.read, 4);
  // A read replica shows late how far the sink is.
  const offsets = urls.read === urls.write ? rows : open(urls.write, 1);
  const health = [...new Set([rows, offsets])].map(watchDatabase);
  const boundedRows = boundedQueries(rows, limits);
  const boundedOffsets = boundedQueries(offsets, limits);
  return {
    get trouble() {
      return health.find(({ trouble }) => trouble !== undefined)?.trouble;
    },
    find: (projectId, keys) => lookUpLogs(boundedRows, projectId, keys),
    sinkOffsets: () => sinkOffsets(boundedOffsets),
    async close() {
      for (const each of health) each.close();
      await rows.end();
      if (offsets !== rows) await offsets.end();
    },
  };
}
