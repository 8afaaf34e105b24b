import { ConfluentWireFormat } from '@tailrace/avro/registry/confluent-wire-format.ts';
import { SchemaRegistry } from '@tailrace/avro/registry/schema-registry.ts';
import type { kafkaSettings } from '@tailrace/config/shared-settings.ts';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { Kafka, TopicDescription } from '@tailrace/kafka/kafka.ts';
import { withWireFormat } from '@tailrace/kafka/wire-format.ts';
import { topics } from '@tailrace/topics/topics.ts';
import type { output } from 'zod';
import { minInSyncFor, replicationProblems } from './replication.ts';
import { type RetryOptions, retryWhileAway } from './retry-while-away.ts';

type Settings = Pick<
  output<typeof kafkaSettings>,
  'kafkaBrokers' | 'kafkaReplicationFactor' | 'schemaRegistryUrl' | 'topicPrefix'
>;

/**
 * Waits until Kafka answers, creates the topics that are missing and, where a schema registry is configured, registers
 * their schemas there.
 * @returns the client for roles to use.
 * @throws TailraceError what no waiting can mend, such as `kafka.topic_mismatch`.
 */
export async function reachKafka(
  client: Kafka,
  settings: Settings,
  options: Omit<RetryOptions, 'name'>,
): Promise<Kafka> {
  const logger = options.logger.child({ brokers: settings.kafkaBrokers });
  const factor = settings.kafkaReplicationFactor;
  const found = await retryWhileAway(() => createTopics(client, factor), { ...options, logger, name: 'kafka' });
  const problems = await replicationProblems(client.admin, found, factor).catch((err: unknown) => {
    logger.info({ err }, 'how topics are replicated cannot be found out');
    return [];
  });
  for (const problem of problems) logger.warn(problem);
  const url = settings.schemaRegistryUrl?.reveal();
  if (url === undefined) return client;
  const registry = new SchemaRegistry({ url, signal: options.signal });
  const register = () => ConfluentWireFormat.register(registry, Object.values(topics), settings.topicPrefix);
  return withWireFormat(client, await retryWhileAway(register, { ...options, name: 'schema registry' }));
}

/** A topic with other partitions than declared would send keys to other partitions than their history. */
async function createTopics(kafka: Kafka, replicationFactor: number): Promise<readonly TopicDescription[]> {
  const minInSync = { 'min.insync.replicas': String(minInSyncFor(replicationFactor)) };
  const specs = Object.values(topics).map((spec) => ({ ...spec, config: { ...spec.config, ...minInSync } }));
  const found = await kafka.admin.createTopics(specs, { replicationFactor });
  for (const { name, partitions } of Object.values(topics)) {
    const actual = found.find((each) => each.name === name)?.partitions;
    if (actual === undefined || actual === partitions) continue;
    throw new TailraceError(`topic ${name} has ${actual} partitions where Tailrace needs ${partitions}`, {
      code: 'kafka.topic_mismatch',
      remedy: 'give-up',
      help: 'Delete the topic if you do not need its data, or choose another TOPIC_PREFIX: Tailrace creates its topics.',
    });
  }
  return found;
}
