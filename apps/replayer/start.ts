import type { NormaliseEvent } from '@tailrace/normalise/normaliser-topology.ts';
import { ParsingBook } from '@tailrace/normalise/own-parsing/parsing-book.ts';
import { installedNormaliser } from '@tailrace/role/installed-normaliser.ts';
import type { RoleDeps, RunningRole } from '@tailrace/role/role.ts';
import { ownerReadiness } from '@tailrace/stream/owning/owner-readiness.ts';
import { runPartitionTasks } from '@tailrace/stream/owning/partition-owner.ts';
import { consumerLag } from '@tailrace/stream/reading/consumer-lag.ts';
import { topics } from '@tailrace/topics/topics.ts';
import type { ReplayerConfig } from './config.ts';
import { LiveLag } from './live-lag.ts';
import { openLogStore } from './log-store.ts';
import { measureLiveLag } from './measure-live-lag.ts';
import { runPartition } from './partition-task.ts';

export interface ReplayerDeps extends RoleDeps {
  /** Left out: the normaliser of this version. It is given the rules of each connection. */
  readonly normalise?: NormaliseEvent;
}

/** The role that normalises kept raw events again, while live goes on. */
export async function start(config: ReplayerConfig, deps: ReplayerDeps): Promise<RunningRole> {
  const { kafka } = deps;
  const logger = deps.logger.child({ role: 'replayer' });
  const written = [topics.logsReplayed, topics.dead];
  const described = await Promise.all(written.map(({ name }) => kafka.admin.describeTopic(name)));
  const partitions = new Map(described.map(({ name, partitions: count }) => [name, count]));
  const book = await ParsingBook.open({ kafka, logger });
  const write = config.databaseUrl.reveal();
  const store = openLogStore({ write, read: config.databaseReadUrl?.reveal() ?? write }, logger);
  const task = {
    kafka,
    store,
    normalise: book.normaliser(deps.normalise ?? installedNormaliser(deps.extensions)),
    rules: book,
    lag: new LiveLag(measureLiveLag(kafka, store, config.replayerLiveLagMs)),
    batchRecords: config.replayerBatchRecords,
    liveShare: config.replayerLiveSharePercent / 100,
    partitionsOf: (topic: string) => {
      const count = partitions.get(topic);
      if (count === undefined) throw new Error(`the replayer does not write to ${topic}`);
      return count;
    },
    logger,
  };
  const lag = consumerLag(deps.metrics, kafka, 'replayer');
  const owner = runPartitionTasks({
    kafka,
    logger,
    groupId: 'replayer',
    topics: [topics.replays.name],
    run: (ownership) => runPartition(task, lag, ownership),
  });
  return {
    name: 'replayer',
    readiness: () => (store.trouble === undefined ? ownerReadiness(owner) : { ready: false, reason: store.trouble }),
    lacking: () => store.trouble,
    failed: owner.failed,
    stop: async () => {
      await owner.stop();
      await store.close();
      await book.close();
    },
  };
}
