import type { GroupMetadata, OutgoingRecord, TopicPartition, TopicPartitionOffset } from '../kafka.ts';
import { partitionKey } from '../partition-key.ts';
import type { TransactionSession } from '../serial-transactions.ts';
import { check } from './broker-error.ts';
import type { Cluster } from './cluster.ts';
import type { GroupMemberships } from './group-memberships.ts';
import { mapped } from './map-error.ts';
import { type ProducerIdentity, RecordSender } from './record-sender.ts';
import { txnOffsetCommit } from './requests/txn-offset-commit.ts';

/** InitProducerId: fences earlier producers and settles their transaction (KIP-98). */
export async function openTransactionSession(
  cluster: Cluster,
  bareId: string,
  memberships: GroupMemberships,
): Promise<TransactionSession> {
  const { connections, settings } = cluster;
  const transactionalId = settings.naming.full(bareId);
  const request = { transactionalId, transactionTimeout: settings.transactionTimeoutMs };
  const { producerId, producerEpoch } = await mapped(`initialising the producer ${bareId}`, () =>
    cluster.persist('anything', async () => {
      const broker = await cluster.coordinator('transaction', bareId);
      return connections.call(broker, () => broker.initProducerId(request));
    }),
  );
  return new KafkajsTransactionSession(cluster, bareId, { transactionalId, producerId, producerEpoch }, memberships);
}

class KafkajsTransactionSession implements TransactionSession {
  readonly #cluster: Cluster;
  readonly #bareId: string;
  readonly #identity: ProducerIdentity & { readonly transactionalId: string };
  readonly #memberships: GroupMemberships;
  readonly #sender: RecordSender;
  /** What the coordinator knows to be part of the open transaction. */
  readonly #partitions = new Set<string>();
  readonly #groups = new Set<string>();

  constructor(
    cluster: Cluster,
    bareId: string,
    identity: ProducerIdentity & { readonly transactionalId: string },
    memberships: GroupMemberships,
  ) {
    this.#cluster = cluster;
    this.#bareId = bareId;
    this.#identity = identity;
    this.#memberships = memberships;
    this.#sender = new RecordSender(cluster, identity);
  }

  send(records: readonly OutgoingRecord[]): Promise<void> {
    return this.#mapped('sending records', async () => {
      const rounds = await this.#sender.prepare(records);
      await this.#addPartitions(rounds[0] ?? []);
      await this.#sender.send(rounds, 'answers');
    });
  }

  commitOffsets(group: GroupMetadata, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    return this.#mapped(`committing offsets of ${group.groupId}`, async () => {
      await this.#addGroup(group.groupId);
      await this.#memberships.commitAs(group, offsets, (generationId) =>
        this.#commitOffsets({ ...group, generationId }, offsets),
      );
    });
  }

  commit(): Promise<void> {
    return this.#mapped('committing', () => this.#end(true));
  }

  abort(): Promise<void> {
    return this.#mapped('aborting', () => this.#end(false));
  }

  async close(): Promise<void> {
    this.#cluster.connections.close();
  }

  async #addPartitions(wanted: readonly TopicPartition[]): Promise<void> {
    const added = wanted.filter((partition) => !this.#partitions.has(partitionKey(partition)));
    if (added.length === 0) return;
    const { naming } = this.#cluster.settings;
    const topics = [...Map.groupBy(added, ({ topic }) => topic)].map(([topic, list]) => ({
      topic: naming.full(topic),
      partitions: list.map(({ partition }) => partition),
    }));
    await this.#askCoordinator((broker) => broker.addPartitionsToTxn({ ...this.#identity, topics }));
    for (const partition of added) this.#partitions.add(partitionKey(partition));
  }

  async #addGroup(bareGroupId: string): Promise<void> {
    if (this.#groups.has(bareGroupId)) return;
    const groupId = this.#cluster.settings.naming.full(bareGroupId);
    await this.#askCoordinator((broker) => broker.addOffsetsToTxn({ ...this.#identity, groupId }));
    this.#groups.add(bareGroupId);
  }

  async #commitOffsets(group: GroupMetadata, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    const { connections, settings } = this.#cluster;
    const topics = [...Map.groupBy(offsets, ({ topic }) => topic)].map(([topic, partitions]) => ({
      topic: settings.naming.full(topic),
      partitions,
    }));
    const { generationId, memberId } = group;
    const groupId = settings.naming.full(group.groupId);
    const request = txnOffsetCommit({ ...this.#identity, groupId, generationId, memberId, topics });
    await this.#cluster.persist('answers', async () => {
      const broker = await this.#cluster.coordinator('group', group.groupId);
      const { errorCodes } = await connections.send(broker, request);
      for (const errorCode of errorCodes) check(errorCode);
    });
  }

  async #end(transactionResult: boolean): Promise<void> {
    await this.#askCoordinator((broker) => broker.endTxn({ ...this.#identity, transactionResult }));
    this.#partitions.clear();
    this.#groups.clear();
  }

  #askCoordinator(ask: (broker: TransactionCoordinator) => Promise<unknown>): Promise<void> {
    return this.#cluster.persist('answers', async () => {
      const broker = await this.#cluster.coordinator('transaction', this.#bareId);
      await this.#cluster.connections.call(broker, () => ask(broker));
    });
  }

  #mapped(doing: string, call: () => Promise<void>): Promise<void> {
    return mapped(`${doing} in a transaction of ${this.#bareId}`, call);
  }
}

type TransactionCoordinator = Awaited<ReturnType<Cluster['coordinator']>>;
