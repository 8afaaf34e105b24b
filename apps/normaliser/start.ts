import { ParsingBook } from '@tailrace/normalise/own-parsing/parsing-book.ts';
import { installedNormaliser } from '@tailrace/role/installed-normaliser.ts';
import type { RoleDeps, RunningRole } from '@tailrace/role/role.ts';
import { ownerReadiness } from '@tailrace/stream/owning/owner-readiness.ts';
import { runProcessor } from '@tailrace/stream/processing/processor.ts';
import type { NormaliserConfig } from './config.ts';
import { ConnectionMetrics } from './connection-metrics.ts';
import { countingTopology } from './counting-topology.ts';
import { parsingMetrics } from './parsing-metrics.ts';

/** The role that makes canonical records of raw events, exactly once. */
export async function start(config: NormaliserConfig, deps: RoleDeps): Promise<RunningRole> {
  const { kafka } = deps;
  const logger = deps.logger.child({ role: 'normaliser' });
  // Before the first line, since one that is read without its rules stays so until it is replayed.
  const book = await ParsingBook.open({ kafka, logger });
  const parsing = parsingMetrics(deps.metrics, book.normaliser(installedNormaliser(deps.extensions)));
  const connections = new ConnectionMetrics({ metrics: deps.metrics, exists: (id) => book.has(id) });
  const owner = runProcessor(countingTopology(parsing.normalise, connections), {
    kafka,
    logger,
    metrics: deps.metrics,
    pace: { intervalMs: config.normaliserCommitIntervalMs, maxRecords: config.normaliserBatchRecords },
  });
  return {
    name: 'normaliser',
    readiness: () => ownerReadiness(owner),
    failed: owner.failed,
    stop: async () => {
      await owner.stop();
      parsing.close();
      connections.close();
      await book.close();
    },
  };
}
