import { setTimeout as sleep } from 'node:timers/promises';
import { UnknownTopicError } from '../errors.ts';
import type {
  Admin,
  GroupMembership,
  GroupOptions,
  Kafka,
  Producer,
  Reader,
  ReaderOptions,
  TransactionalProducer,
} from '../kafka.ts';
import { serialTransactions } from '../serial-transactions.ts';
import type { KafkaSettings } from '../settings.ts';
import { kafkajsAdmin } from './admin.ts';
import { Cluster } from './cluster.ts';
import { GroupMemberships } from './group-memberships.ts';
import { IdempotentProducer } from './idempotent-producer.ts';
import { mapped } from './map-error.ts';
import { KafkajsMembership } from './membership.ts';
import { KafkajsReader } from './reader.ts';
import { openTransactionSession } from './transaction-session.ts';

/**
 * Kafka through kafkajs 2.2.4: its connections, TLS, SASL and protocol, without its producer and consumer.
 * Nothing is connected before the first call.
 */
export function kafkajsKafka(settings: KafkaSettings): Kafka {
  return new KafkajsKafka(settings);
}

/** How long closing lets members finish what they do before everything is closed under them. */
const drainGraceMs = 1500;

interface Closeable {
  close(): Promise<void>;
}

class KafkajsKafka implements Kafka {
  readonly client = 'kafkajs';
  readonly admin: Admin;
  readonly #settings: KafkaSettings;
  readonly #adminCluster: Cluster;
  readonly #memberships = new GroupMemberships();
  readonly #open = new Set<Closeable>();

  constructor(settings: KafkaSettings) {
    this.#settings = settings;
    this.#adminCluster = new Cluster(settings);
    this.admin = kafkajsAdmin(this.#adminCluster);
  }

  async transactionalProducer(transactionalId: string): Promise<TransactionalProducer> {
    return this.#opening(async (cluster, closed) => {
      const session = await openTransactionSession(cluster, transactionalId, this.#memberships);
      const producer = serialTransactions(transactionalId, session);
      return { ...producer, close: () => producer.close().finally(closed) };
    });
  }

  async producer(): Promise<Producer> {
    return this.#opening(async (cluster, closed) => new IdempotentProducer(cluster, closed));
  }

  async joinGroup(options: GroupOptions): Promise<GroupMembership> {
    return this.#opening(async (cluster, closed) => {
      const joined = await mapped(`joining ${options.groupId}`, async () => {
        const found = await cluster.persist('anything', () => cluster.describe(options.topics));
        const missing = options.topics.find((topic) => !found.has(topic));
        if (missing !== undefined) throw new UnknownTopicError(missing);
        return KafkajsMembership.join(cluster, options, this.#memberships);
      });
      const leave = () => joined.leave().finally(closed);
      return {
        metadata: () => joined.metadata(),
        get silentMs() {
          return joined.silentMs;
        },
        leave,
        close: leave,
      };
    });
  }

  async reader(options: ReaderOptions): Promise<Reader> {
    return this.#opening((cluster, closed) =>
      mapped('opening a reader', () => KafkajsReader.open(cluster, options, closed)),
    );
  }

  async close(): Promise<void> {
    // Members drain first: their last transactions need the producers.
    await Promise.race([this.#memberships.leaveAll(), sleep(drainGraceMs, undefined, { ref: false })]);
    await Promise.all([...this.#open].map((opened) => opened.close()));
    this.#adminCluster.connections.close();
  }

  /** Opens a handle with connections of its own; what is half open is closed when this client closes. */
  async #opening<Handle extends Closeable>(
    open: (cluster: Cluster, closed: () => void) => Promise<Handle>,
  ): Promise<Handle> {
    const cluster = new Cluster(this.#settings);
    const connecting = { close: async () => cluster.connections.close() };
    this.#open.add(connecting);
    try {
      const handle: Handle = await open(cluster, () => this.#open.delete(handle));
      this.#open.add(handle);
      return handle;
    } catch (error) {
      cluster.connections.close();
      throw error;
    } finally {
      this.#open.delete(connecting);
    }
  }
}
