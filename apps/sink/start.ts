import { watchDatabase } from '@tailrace/postgres/connection/database-health.ts';
import { openPool } from '@tailrace/postgres/connection/pool.ts';
import { migrate } from '@tailrace/postgres/migrate.ts';
import { TimePartitions } from '@tailrace/postgres/time-partitions.ts';
import { retryWhileAway } from '@tailrace/role/retry-while-away.ts';
import type { RoleDeps, RunningRole } from '@tailrace/role/role.ts';
import { ownerReadiness } from '@tailrace/stream/owning/owner-readiness.ts';
import type { Ownership } from '@tailrace/stream/owning/ownership.ts';
import { type PartitionOwner, runPartitionTasks } from '@tailrace/stream/owning/partition-owner.ts';
import { consumerLag } from '@tailrace/stream/reading/consumer-lag.ts';
import { consumerMetrics } from '@tailrace/stream/reading/consumer-metrics.ts';
import { alertTable } from './alert-table.ts';
import type { SinkConfig } from './config.ts';
import { logTable } from './log-table.ts';
import { startRetention } from './retention.ts';
import type { RowTable } from './row-table.ts';
import { runSinkTask, sinkGroup } from './sink-task.ts';

/** Connections beside one for each owned partition: migration and retention. */
const spareConnections = 2;

const partitioners = { timescaledb: 'TimescaleDB', native: 'PostgreSQL itself' } as const;

/** The role that writes to PostgreSQL: canonical records, live ones and those of replays, and alerts. */
export async function start(config: SinkConfig, deps: RoleDeps): Promise<RunningRole> {
  const { kafka } = deps;
  const logger = deps.logger.child({ role: 'sink' });
  const dayPartitions = new TimePartitions();
  const inputs = [...logTable().topics, ...alertTable.topics];
  const stopping = new AbortController();
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  const pool = openPool({
    url: config.databaseUrl.reveal(),
    applicationName: 'tailrace-sink',
    max: inputs.reduce((sum, { partitions }) => sum + partitions, spareConnections),
    onIdleError: (err) => logger.warn({ err }, 'an idle database connection broke'),
  });
  const database = watchDatabase(pool);
  let waiting = 'preparing the database';
  let owner: PartitionOwner | undefined;
  let stopRetention: (() => void) | undefined;

  /** The database may be unreachable for any length of time; the other roles of the process continue meanwhile. */
  const opening = (async () => {
    const { partitioning, reason } = await retryWhileAway(() => migrate(pool), {
      name: 'postgresql',
      logger,
      signal: stopping.signal,
      onWaiting: (reason) => {
        waiting = reason;
      },
    });
    logger.info(
      { partitioning, reason },
      `the database is at this version, logs partitioned by ${partitioners[partitioning]}: ${reason}`,
    );
    stopRetention = startRetention({
      pool,
      partitioning,
      dayPartitions,
      keepDays: config.logRetentionDays,
      keepAlertDays: config.alertRetentionDays,
      logger,
    });
    const task = {
      kafka,
      pool,
      pace: { intervalMs: config.sinkCommitIntervalMs, maxRecords: config.sinkBatchRecords },
      logger,
      metrics: consumerMetrics(deps.metrics, sinkGroup),
      lag: consumerLag(deps.metrics, kafka, sinkGroup),
    };
    const tasks = new Map<string, (ownership: Ownership) => Promise<void>>();
    const write = <Value>(table: RowTable<Value>) => {
      for (const { name } of table.topics) tasks.set(name, (ownership) => runSinkTask(task, table, ownership));
    };
    write(logTable(partitioning === 'native' ? dayPartitions : undefined));
    write(alertTable);
    owner = runPartitionTasks({
      kafka,
      logger,
      groupId: sinkGroup,
      topics: [...tasks.keys()],
      run: async (ownership) => tasks.get(ownership.partition.topic)?.(ownership),
    });
    owner.failed.catch(failure.reject);
  })().catch((error) => {
    if (!stopping.signal.aborted) failure.reject(error);
  });

  let stopped: Promise<void> | undefined;
  const stop = async () => {
    stopping.abort(new Error('the sink stops'));
    await opening;
    stopRetention?.();
    await owner?.stop();
    database.close();
    await pool.end();
  };
  return {
    name: 'sink',
    readiness: () => {
      if (!owner) return { ready: false, reason: waiting };
      return database.trouble === undefined ? ownerReadiness(owner) : { ready: false, reason: database.trouble };
    },
    lacking: () => database.trouble,
    failed: failure.promise,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}
