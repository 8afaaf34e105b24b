import { migrate } from '@tailrace/postgres/migrate.ts';
import { openPool } from '@tailrace/postgres/pool.ts';
import { TimePartitions } from '@tailrace/postgres/time-partitions.ts';
import type { RoleDeps, RunningRole } from '@tailrace/role/role.ts';
import { consumerMetrics } from '@tailrace/stream/consumer-metrics.ts';
import { ownerReadiness } from '@tailrace/stream/owner-readiness.ts';
import { ownPartitions } from '@tailrace/stream/partition-owner.ts';
import { topics } from '@tailrace/topics/topics.ts';
import type { SinkConfig } from './config.ts';
import { startRetention } from './retention.ts';
import { runSinkTask, sinkGroup } from './sink-task.ts';

/** Connections beside one for each owned partition: migration and retention. */
const spareConnections = 2;

/** The role that writes canonical records to PostgreSQL, live ones and those of replays. */
export async function start(config: SinkConfig, deps: RoleDeps): Promise<RunningRole> {
  const { kafka, metrics } = deps;
  const logger = deps.logger.child({ role: 'sink' });
  const inputs = [topics.logs, topics.logsReplayed];
  const descriptions = await Promise.all(
    [...inputs, topics.dead].map((topic) => kafka.admin.describeTopic(topic.name)),
  );
  const partitions = descriptions.slice(0, inputs.length).reduce((sum, topic) => sum + topic.partitions, 0);
  const pool = openPool({
    url: config.databaseUrl.reveal(),
    applicationName: 'tailrace-sink',
    max: partitions + spareConnections,
    onIdleError: (err) => logger.warn({ err }, 'an idle database connection broke'),
  });
  const partitioning = await migrate(pool);
  logger.info({ partitioning }, 'the database is at this version');
  const dayPartitions = new TimePartitions();
  const stopRetention = startRetention({
    pool,
    partitioning,
    dayPartitions,
    keepDays: config.logRetentionDays,
    logger,
  });
  const producer = await kafka.producer();
  const task = {
    kafka,
    pool,
    producer,
    deadPartitions: descriptions.at(-1)!.partitions,
    ...(partitioning === 'native' && { dayPartitions }),
    pace: { intervalMs: config.sinkCommitIntervalMs, maxRecords: config.sinkBatchRecords },
    logger,
    metrics: consumerMetrics(metrics, sinkGroup),
  };
  const owner = await ownPartitions({
    kafka,
    logger,
    groupId: sinkGroup,
    topics: inputs.map((topic) => topic.name),
    run: (ownership) => runSinkTask(task, ownership),
  });
  let stopping: Promise<void> | undefined;
  return {
    name: 'sink',
    readiness: () => ownerReadiness(owner),
    failed: owner.failed,
    stop: () => {
      stopping ??= (async () => {
        stopRetention();
        await owner.stop();
        await producer.close();
        await pool.end();
      })();
      return stopping;
    },
  };
}
