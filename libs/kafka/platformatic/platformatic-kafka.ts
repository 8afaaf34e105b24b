import type { Kafka } from '../kafka.ts';
import { serialTransactions } from '../serial-transactions.ts';
import type { KafkaSettings } from '../settings.ts';
import { Cluster } from './cluster.ts';
import { ClusterAdmin } from './cluster-admin.ts';
import { Generations } from './group/generations.ts';
import { GroupMember } from './group/group-member.ts';
import { PartitionReader } from './reading/partition-reader.ts';
import { TopicLimits } from './topic-limits.ts';
import { IdempotentProducer } from './writing/idempotent-producer.ts';
import { ProducerSession } from './writing/transaction-session.ts';

/** How long closing waits for what is under way, such as an abort, before connections are cut. */
const closeTimeoutMs = 1500;

/**
 * Kafka over the connections and the protocol encoders of @platformatic/kafka. Its Producer and Consumer are not used:
 * concurrent calls of theirs lose data inside a transaction (docs/decisions/0004-our-own-batching-and-groups.md), and fetching and batching
 * without them is several times as fast.
 */
export function platformaticKafka(settings: KafkaSettings): Kafka {
  const cluster = new Cluster(settings);
  const limits = new TopicLimits(cluster);
  const generations = new Generations();
  const closers = new Set<() => Promise<void>>();
  let closing: Promise<void> | undefined;

  /** Opens a part that is closed with the client, unless it was closed before. */
  async function opened<Part>(
    open: (onClose: () => void) => Part | Promise<Part>,
    close: (part: Part) => Promise<void>,
  ): Promise<Part> {
    let closer: (() => Promise<void>) | undefined;
    const part = await open(() => closer && closers.delete(closer));
    closer = () => close(part);
    closers.add(closer);
    return part;
  }

  return {
    client: 'platformatic',
    admin: new ClusterAdmin(cluster),
    transactionalProducer: (bareId) =>
      opened(
        async (onClose) => {
          const transactionalId = settings.naming.full(bareId);
          const session = await ProducerSession.open({ cluster, limits, generations, transactionalId, onClose });
          return serialTransactions(bareId, session);
        },
        (producer) => producer.close(),
      ),
    producer: () =>
      opened(
        (onClose) => new IdempotentProducer(cluster, limits, onClose),
        (producer) => producer.close(),
      ),
    joinGroup: (options) =>
      opened(
        (onClose) => GroupMember.join({ cluster, options, generations, onClose }),
        (member) => member.leave(),
      ),
    reader: (options) =>
      opened(
        (onClose) => PartitionReader.open(cluster, options, onClose),
        (reader) => reader.close(),
      ),
    close: () => {
      closing ??= (async () => {
        const closed = Promise.allSettled([...closers].map((close) => close()));
        await Promise.race([closed, cluster.pause(closeTimeoutMs)]);
        cluster.close();
      })();
      return closing;
    },
  };
}
