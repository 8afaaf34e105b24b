import type { Kafka } from '@tailrace/kafka/kafka.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import type { Metrics } from '@tailrace/telemetry/metrics.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { type CommitPace, defaultCommitPace } from './commit-pace.ts';
import { consumerMetrics } from './consumer-metrics.ts';
import { ownPartitions, type PartitionOwner } from './partition-owner.ts';
import { runTask } from './task.ts';
import type { Topology } from './topology.ts';

export interface ProcessorOptions {
  readonly kafka: Kafka;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly pace?: CommitPace;
  readonly sessionTimeoutMs?: number;
}

/**
 * Runs a topology: joins its group and works on every partition assigned to this process, exactly once. More processes
 * of the same topology share the partitions; a killed one's move to the others within 10 s.
 *
 * @throws UnknownTopicError when a topic it reads or writes does not exist.
 */
export async function runProcessor<In>(topology: Topology<In>, options: ProcessorOptions): Promise<PartitionOwner> {
  const { kafka, logger, pace = defaultCommitPace } = options;
  const written = [...topology.outputs, ...(topology.stores ?? []).map((store) => store.changelog), topics.dead];
  const descriptions = await Promise.all(written.map((spec) => kafka.admin.describeTopic(spec.name)));
  const partitionCounts = new Map(written.map((spec, index) => [spec.name, descriptions[index]!.partitions]));
  const task = {
    kafka,
    topology,
    pace,
    logger,
    metrics: consumerMetrics(options.metrics, topology.group),
    partitionsOf: (topic: string) => {
      const count = partitionCounts.get(topic);
      if (count === undefined) throw new Error(`${topology.group} does not declare ${topic} as an output`);
      return count;
    },
  };
  return ownPartitions({
    kafka,
    logger,
    groupId: topology.group,
    topics: topology.inputs.map((spec) => spec.name),
    ...(options.sessionTimeoutMs !== undefined && { sessionTimeoutMs: options.sessionTimeoutMs }),
    run: (ownership) => runTask(task, ownership),
  });
}
