import { migrate } from '@tailrace/postgres/migrate.ts';
import { openPool } from '@tailrace/postgres/pool.ts';
import { TimePartitions } from '@tailrace/postgres/time-partitions.ts';
import { retryWhileAway } from '@tailrace/role/retry-while-away.ts';
import type { RoleDeps, RunningRole } from '@tailrace/role/role.ts';
import { consumerMetrics } from '@tailrace/stream/consumer-metrics.ts';
import { ownerReadiness } from '@tailrace/stream/owner-readiness.ts';
import { ownPartitions, type PartitionOwner } from '@tailrace/stream/partition-owner.ts';
import { topics } from '@tailrace/topics/topics.ts';
import type { SinkConfig } from './config.ts';
import { startRetention } from './retention.ts';
import { runSinkTask, sinkGroup } from './sink-task.ts';

const inputs = [topics.logs, topics.logsReplayed];
/** Connections beside one for each owned partition: migration and retention. */
const spareConnections = 2;

/** The role that writes canonical records to PostgreSQL, live ones and those of replays. */
export async function start(config: SinkConfig, deps: RoleDeps): Promise<RunningRole> {
  const { kafka } = deps;
  const logger = deps.logger.child({ role: 'sink' });
  const stopping = new AbortController();
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  const pool = openPool({
    url: config.databaseUrl.reveal(),
    applicationName: 'tailrace-sink',
    max: inputs.reduce((sum, { partitions }) => sum + partitions, spareConnections),
    onIdleError: (err) => logger.warn({ err }, 'an idle database connection broke'),
  });
  let waiting = 'preparing the database';
  let owner: PartitionOwner | undefined;
  let stopRetention: (() => void) | undefined;

  /** The database may be away for as long as it likes; the other roles of the process go on meanwhile. */
  const opening = (async () => {
    const partitioning = await retryWhileAway(() => migrate(pool), {
      name: 'postgresql',
      logger,
      signal: stopping.signal,
      onWaiting: (reason) => {
        waiting = reason;
      },
    });
    logger.info({ partitioning }, 'the database is at this version');
    const dayPartitions = new TimePartitions();
    stopRetention = startRetention({ pool, partitioning, dayPartitions, keepDays: config.logRetentionDays, logger });
    const task = {
      kafka,
      pool,
      ...(partitioning === 'native' && { dayPartitions }),
      pace: { intervalMs: config.sinkCommitIntervalMs, maxRecords: config.sinkBatchRecords },
      logger,
      metrics: consumerMetrics(deps.metrics, sinkGroup),
    };
    owner = ownPartitions({
      kafka,
      logger,
      groupId: sinkGroup,
      topics: inputs.map(({ name }) => name),
      run: (ownership) => runSinkTask(task, ownership),
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
    await pool.end();
  };
  return {
    name: 'sink',
    readiness: () => (owner ? ownerReadiness(owner) : { ready: false, reason: waiting }),
    failed: failure.promise,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}
