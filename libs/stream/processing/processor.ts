import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { TopicRecreatedError } from '@tailrace/kafka/errors.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import type { Metrics } from '@tailrace/telemetry/metrics.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { type PartitionOwner, runPartitionTasks } from '../owning/partition-owner.ts';
import { consumerLag } from '../reading/consumer-lag.ts';
import { consumerMetrics } from '../reading/consumer-metrics.ts';
import { type BatchPolicy, defaultCommitPace } from './batch-policy.ts';
import { runTask } from './task.ts';
import type { Topology } from './topology.ts';

export interface ProcessorOptions {
  readonly kafka: Kafka;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly pace?: BatchPolicy;
  readonly sessionTimeoutMs?: number;
}

/**
 * Runs a topology: joins its group and works on every partition assigned to this process, exactly once. More processes
 * of the same topology share the partitions; a killed one's move to the others within 10 s.
 *
 * @throws TailraceError `stream.store_of_two_inputs`
 */
export function runProcessor<In>(topology: Topology<In>, options: ProcessorOptions): PartitionOwner {
  const { kafka, logger, pace = defaultCommitPace } = options;
  const metrics = consumerMetrics(options.metrics, topology.group);
  const lag = consumerLag(options.metrics, kafka, topology.group);
  const inputIds = new Map<string, string>();
  requireStoresOfOneInput(topology);
  const changelogs = (topology.stores ?? []).map((store) => store.changelog);
  const written = [...topology.outputs, ...changelogs, topics.dead, topics.positions];
  return runPartitionTasks({
    kafka,
    logger,
    groupId: topology.group,
    topics: topology.inputs.map((spec) => spec.name),
    ...(options.sessionTimeoutMs !== undefined && { sessionTimeoutMs: options.sessionTimeoutMs }),
    run: async (ownership) => {
      const topicId = await expectSameTopic(kafka, ownership.partition.topic, inputIds);
      const partitionsOf = await readPartitionCounts(kafka, written, topology.group);
      await runTask({ kafka, topology, topicId, pace, logger, metrics, lag, partitionsOf }, ownership);
    },
  });
}

/**
 * A broker forgets a group's offsets with the topic, so a topic made again would be read from its start as if nothing
 * had happened. A reader of the old one must first learn that what it had not read yet is gone.
 *
 * @param seen the topic's UUID by name, as this process found it first.
 * @returns the topic's UUID.
 * @throws TopicRecreatedError
 */
async function expectSameTopic(kafka: Kafka, topic: string, seen: Map<string, string>): Promise<string> {
  const { id } = await kafka.admin.describeTopic(topic);
  const before = seen.get(topic) ?? id;
  seen.set(topic, before);
  if (id !== before) throw new TopicRecreatedError(topic);
  return id;
}

/**
 * Tasks of two inputs would write the same changelog partition under two transactional ids, and neither would fence the
 * other.
 * @throws TailraceError `stream.store_of_two_inputs`
 */
function requireStoresOfOneInput<In>({ group, inputs, stores = [] }: Topology<In>): void {
  if (stores.length === 0 || inputs.length < 2) return;
  throw new TailraceError(`${group} has the store ${stores[0]?.name} and reads ${inputs.length} topics`, {
    code: 'stream.store_of_two_inputs',
    remedy: 'give-up',
    help: 'A store belongs to one input: make a topology for each, or bring the inputs into one topic first.',
  });
}

/** @throws UnknownTopicError when a topic it writes does not exist. */
async function readPartitionCounts(kafka: Kafka, specs: readonly TopicSpec[], group: string) {
  const descriptions = await Promise.all(specs.map(({ name }) => kafka.admin.describeTopic(name)));
  const counts = new Map(descriptions.map(({ name, partitions }) => [name, partitions]));
  return (topic: string): number => {
    const count = counts.get(topic);
    if (count === undefined) throw new Error(`${group} does not declare ${topic} as an output`);
    return count;
  };
}
