import { normaliserTopology } from '@tailrace/normalise/normaliser-topology.ts';
import type { RoleDeps, RunningRole } from '@tailrace/role/role.ts';
import { ownerReadiness } from '@tailrace/stream/owner-readiness.ts';
import { runProcessor } from '@tailrace/stream/processor.ts';
import type { NormaliserConfig } from './config.ts';

/** The role that makes canonical records of raw events, exactly once. */
export async function start(config: NormaliserConfig, deps: RoleDeps): Promise<RunningRole> {
  const owner = runProcessor(normaliserTopology, {
    kafka: deps.kafka,
    logger: deps.logger.child({ role: 'normaliser' }),
    metrics: deps.metrics,
    pace: { intervalMs: config.normaliserCommitIntervalMs, maxRecords: config.normaliserBatchRecords },
  });
  return {
    name: 'normaliser',
    readiness: () => ownerReadiness(owner),
    failed: owner.failed,
    stop: () => owner.stop(),
  };
}
