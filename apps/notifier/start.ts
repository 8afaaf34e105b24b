import { openOutgoing } from '@tailrace/channels/outgoing/outgoing.ts';
import { channelKinds } from '@tailrace/channels/registry.ts';
import { openKeyRing } from '@tailrace/credentials/key-ring.ts';
import { extended } from '@tailrace/role/extensions.ts';
import type { Readiness, RoleDeps, RunningRole } from '@tailrace/role/role.ts';
import { ownerReadiness } from '@tailrace/stream/owning/owner-readiness.ts';
import { runPartitionTasks } from '@tailrace/stream/owning/partition-owner.ts';
import { runProcessor } from '@tailrace/stream/processing/processor.ts';
import { consumerLag } from '@tailrace/stream/reading/consumer-lag.ts';
import { openTable } from '@tailrace/stream/reading/table.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { type Clock, wallClock } from './clock.ts';
import type { NotifierConfig } from './config.ts';
import { senderMetrics } from './sender/sender-metrics.ts';
import { runSenderTask, senderGroup } from './sender/sender-task.ts';
import { notifierTopology } from './topology.ts';

export interface NotifierDeps extends RoleDeps {
  /** In place of the wall clock. */
  readonly clock?: Clock;
}

/** The role that notifies people: what happens to alerts becomes notifications, and those go to their channels. */
export async function start(config: NotifierConfig, deps: NotifierDeps): Promise<RunningRole> {
  const { kafka, metrics } = deps;
  const logger = deps.logger.child({ role: 'notifier' });
  const channels = openTable({ kafka, topic: topics.notificationChannels, logger });
  const announcing = runProcessor(notifierTopology(config.notificationDeadlineMs), { kafka, logger, metrics });
  const task = {
    kafka,
    channels,
    delivery: {
      kinds: extended(channelKinds, deps.extensions?.channelKinds, ({ type }) => type),
      keys: openKeyRing(config.credentialEncryptionKey),
      outgoing: openOutgoing({
        allowlist: config.notificationEndpointAllowlist,
        timeoutMs: config.notificationTimeoutMs,
      }),
    },
    rate: { burst: config.notificationChannelBurst, perMinute: config.notificationChannelRate },
    timeoutMs: config.notificationTimeoutMs,
    publicUrl: config.publicUrl?.replace(/\/+$/, ''),
    clock: deps.clock ?? wallClock,
    logger,
    metrics: senderMetrics(metrics),
    lag: consumerLag(metrics, kafka, senderGroup),
  };
  const sending = runPartitionTasks({
    kafka,
    logger,
    groupId: senderGroup,
    topics: [topics.notifications.name],
    run: (ownership) => runSenderTask(task, ownership),
  });

  const failed = Promise.race([announcing.failed, sending.failed]);
  failed.catch(() => undefined);
  const readiness = (): Readiness => {
    if (!channels.isCaughtUp) return { ready: false, reason: 'reading channels' };
    const announced = ownerReadiness(announcing);
    return announced.ready ? ownerReadiness(sending) : announced;
  };
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await Promise.all([announcing.stop(), sending.stop()]);
    await channels.close();
  };
  return {
    name: 'notifier',
    readiness,
    failed,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}
