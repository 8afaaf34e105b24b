import type { kafkaSettings } from '@tailrace/config/shared-settings.ts';
import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import type { Admin, BrokerDescription, Kafka, TopicDescription } from '@tailrace/kafka/kafka.ts';
import { openKafkaClient } from '@tailrace/role/open-kafka-client.ts';
import { replicationProblems } from '@tailrace/role/replication.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import type { output } from 'zod';
import { countDeadLetters } from '../count-dead-letters.ts';
import type { Finding } from './finding.ts';
import { lookAtConnections } from './look-at-connections.ts';
import { lookAtLags, type OffsetsInDatabase } from './look-at-lags.ts';

type Settings = output<typeof kafkaSettings>;

/** A person waits: what does not answer by then is said not to. */
const timeouts = { requestTimeoutMs: 4000, retryTimeoutMs: 4000 };

/**
 * Looks at the cluster: every broker by itself, whether topics have the replicas they should, how far each consumer group
 * is behind, and how each connection does.
 *
 * @param processLags what the processes say, for groups whose positions cannot be asked for.
 */
export async function lookAtKafka(
  settings: Settings,
  database: OffsetsInDatabase | undefined,
  processLags: ReadonlyMap<string, number>,
): Promise<Finding[]> {
  const logger = createLogger({ level: 'silent' });
  const client = await openKafkaClient(settings, 'tailrace-doctor', logger, timeouts);
  try {
    const { clusterId, brokers } = await client.admin.describeCluster();
    return [
      {
        what: 'kafka',
        ok: true,
        detail: `cluster ${clusterId}: ${brokers.length} ${brokers.length === 1 ? 'broker' : 'brokers'}`,
      },
      ...(await lookAtBrokers(settings, brokers)),
      ...(await lookAtTopics(client.admin, brokers, settings.kafkaReplicationFactor)),
      ...(await lookAtLags(client.admin, database, processLags)),
      ...(await lookAtConnections(client, timeouts.requestTimeoutMs)),
      await deadLetters(client),
    ];
  } catch (error) {
    return [
      { what: 'kafka', ok: false, detail: `${settings.kafkaBrokers.join(',')}: ${messageOf(error)}` },
      ...(await lookAtBrokers(settings, [])),
    ];
  } finally {
    await client.close();
  }
}

/** Asks each broker by itself, those that are set and those that the cluster names: a client only sees that one answers. */
async function lookAtBrokers(settings: Settings, known: readonly BrokerDescription[]): Promise<Finding[]> {
  const addresses = [...new Set([...known.map(({ address }) => address), ...settings.kafkaBrokers])];
  return Promise.all(
    addresses.map(async (address) => {
      const id = known.find((broker) => broker.address === address)?.id;
      const what = id === undefined ? 'broker' : `broker ${id}`;
      const logger = createLogger({ level: 'silent' });
      const alone = await openKafkaClient(
        { ...settings, kafkaBrokers: [address] },
        'tailrace-doctor',
        logger,
        timeouts,
      );
      try {
        await alone.admin.describeCluster();
        return { what, ok: true, detail: `${address} answers` };
      } catch (error) {
        return { what, ok: false, detail: `${address} does not answer: ${messageOf(error)}` };
      } finally {
        await alone.close();
      }
    }),
  );
}

async function lookAtTopics(
  admin: Admin,
  brokers: readonly BrokerDescription[],
  replicationFactor: number,
): Promise<Finding[]> {
  const described = await Promise.allSettled(Object.values(topics).map(({ name }) => admin.describeTopic(name)));
  const found = described.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const missing = described.length - found.length;
  const problems = await replicationProblems(admin, found, replicationFactor).catch((error: unknown) => [
    `how they are replicated cannot be asked for: ${messageOf(error)}`,
  ]);
  return [
    {
      what: 'topics',
      ok: missing === 0,
      detail: missing === 0 ? `all ${found.length} are there` : `${missing} are missing; any role creates them`,
    },
    ...lagging(found, brokers),
    ...problems.map((detail) => ({ what: 'replication', ok: false, detail })),
  ];
}

/** Brokers that should have replicas and do not have them in sync. */
function lagging(found: readonly TopicDescription[], brokers: readonly BrokerDescription[]): Finding[] {
  const ids = [...new Set(found.flatMap(({ outOfSync }) => outOfSync))].toSorted((a, b) => a - b);
  return ids.map((id) => {
    const address = brokers.find((broker) => broker.id === id)?.address;
    const state = address === undefined ? 'is missing from the cluster' : `(${address}) is behind`;
    const count = found.filter(({ outOfSync }) => outOfSync.includes(id)).length;
    return { what: `broker ${id}`, ok: false, detail: `broker ${id} ${state}: ${count} topics lack its replicas` };
  });
}

/** Those without a project are shown to nobody else: the API lists letters by project. */
async function deadLetters(client: Kafka): Promise<Finding> {
  const { looked, withoutProject, kept } = await countDeadLetters(client);
  const among = kept > looked ? ` (of the newest ${looked})` : '';
  const detail = `about ${kept} kept; ${withoutProject} name no project${among}`;
  return { what: 'dead letters', ok: withoutProject === 0, detail };
}
