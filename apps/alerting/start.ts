import { ruleKinds } from '@tailrace/alert-rules/rule-kinds.ts';
import { extended } from '@tailrace/role/extensions.ts';
import type { RoleDeps, RunningRole } from '@tailrace/role/role.ts';
import { ownerReadiness } from '@tailrace/stream/owning/owner-readiness.ts';
import { runProcessor } from '@tailrace/stream/processing/processor.ts';
import { openTable } from '@tailrace/stream/reading/table.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { alertingMetrics } from './alerting-metrics.ts';
import type { AlertingConfig } from './config.ts';
import { evaluationTopology } from './evaluation.ts';
import { matchingTopology } from './matching.ts';
import { RuleRegistry } from './rule-registry.ts';
import { WatermarkTracker } from './watermark-tracker.ts';

/** The role that says which alerts there are. */
export async function start(config: AlertingConfig, deps: RoleDeps): Promise<RunningRole> {
  const { kafka } = deps;
  const kinds = extended(ruleKinds, deps.extensions?.ruleKinds, ({ type }) => type);
  const logger = deps.logger.child({ role: 'alerting' });
  const metrics = alertingMetrics(deps.metrics, logger);
  const cleanUp = new AsyncDisposableStack();
  try {
    const [logs, partials] = await Promise.all([
      kafka.admin.describeTopic(topics.logs.name),
      kafka.admin.describeTopic(topics.alertPartials.name),
    ]);
    const book = await RuleRegistry.open({ kafka, kinds, logger });
    cleanUp.defer(() => book.close());
    let watermarks: WatermarkTracker | undefined;
    const statuses = openTable({
      kafka,
      logger,
      topic: topics.connectionStatus,
      onChange: () => watermarks?.changed(),
    });
    cleanUp.defer(() => statuses.close());
    const connections = openTable({ kafka, logger, topic: topics.connections, onChange: () => undefined });
    cleanUp.defer(() => connections.close());
    await Promise.all([statuses.caughtUp, connections.caughtUp]);
    const watches = (project: string) => book.matcher.watches(project);
    watermarks = new WatermarkTracker({ admin: kafka.admin, logger, statuses, watches, partitions: logs.partitions });
    const following = watermarks;
    cleanUp.defer(() => following.close());
    const stopped = new AbortController();
    cleanUp.defer(() => stopped.abort());
    book.listen(() => following.changed(), stopped.signal);

    const latenessMs = config.alertingLatenessMs;
    const shared = { kafka, logger, metrics: deps.metrics };
    const matching = runProcessor(matchingTopology({ book, watermarks, metrics, latenessMs }), {
      ...shared,
      pace: { intervalMs: config.alertingMatchingIntervalMs, maxRecords: 20_000 },
    });
    cleanUp.defer(() => matching.stop());
    const maxGroups = config.alertingMaxGroups;
    const known = {
      get: (id: string) => connections.get(id),
      *values() {
        for (const [, connection] of connections.entries()) yield connection;
      },
    };
    const evaluation = runProcessor(
      evaluationTopology({ book, connections: known, metrics, latenessMs, maxGroups, partitions: partials.partitions }),
      { ...shared, pace: { intervalMs: config.alertingEvaluationIntervalMs, maxRecords: 20_000 } },
    );
    cleanUp.defer(() => evaluation.stop());
    const failed = Promise.race([matching.failed, evaluation.failed]);
    failed.catch(() => undefined);
    return {
      name: 'alerting',
      readiness: () => {
        const first = ownerReadiness(matching);
        return first.ready ? ownerReadiness(evaluation) : first;
      },
      failed,
      stop: () => cleanUp.disposeAsync(),
    };
  } catch (error) {
    await cleanUp.disposeAsync();
    throw error;
  }
}
