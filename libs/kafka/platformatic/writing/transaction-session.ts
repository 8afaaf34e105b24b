import {
  type API,
  addOffsetsToTxnV3,
  addPartitionsToTxnV3,
  endTxnV3,
  initProducerIdV4,
  txnOffsetCommitV3,
} from '@platformatic/kafka';
import { FencedError } from '../../errors.ts';
import type { GroupMetadata, OutgoingRecord, TopicPartitionOffset } from '../../kafka.ts';
import type { TransactionSession } from '../../serial-transactions.ts';
import type { Links } from '../brokers/links.ts';
import type { Cluster } from '../cluster.ts';
import { BrokerRefusal, brokerErrors, toTailraceError, wasNotDone } from '../failure.ts';
import type { Generations } from '../group/generations.ts';
import type { PartitionWork } from '../reading/partition-delivery.ts';
import type { TopicLimits } from '../topic-limits.ts';
import { type ProducerIdentity, RecordSender } from './record-sender.ts';
import { commitOffsetsAddingGroup, endTransactionGettingEpoch } from './transaction-requests.ts';

interface SessionOptions {
  readonly cluster: Cluster;
  readonly limits: TopicLimits;
  readonly generations: Generations;
  /** Full name. */
  readonly transactionalId: string;
  readonly onClose: () => void;
}

/**
 * One initialised transactional producer's requests. Only what the broker certainly did not do is repeated; whatever
 * else goes wrong rejects, and the caller discards the producer.
 */
export class ProducerSession implements TransactionSession {
  readonly #options: SessionOptions;
  readonly #links: Links;
  readonly #sender: RecordSender;
  readonly #coordinators = new Map<string, number>();
  /** Topic partitions and groups that have been added to the open transaction. Only needed before KIP-890. */
  readonly #added = new Set<string>();
  #epochPerTransaction = false;
  #identity: ProducerIdentity = { producerId: -1n, epoch: -1 };

  private constructor(options: SessionOptions) {
    const { cluster, limits, transactionalId } = options;
    this.#options = options;
    this.#links = cluster.openLinks();
    this.#sender = new RecordSender({ cluster, limits, links: this.#links, transactionalId, repeatUnanswered: false });
  }

  /** InitProducerId: fences earlier producers of the id, and waits until what they had in flight is settled. */
  static async open(options: SessionOptions): Promise<ProducerSession> {
    const session = new ProducerSession(options);
    try {
      await session.#initialise();
      return session;
    } catch (error) {
      session.#links.close();
      throw error;
    }
  }

  async #initialise(): Promise<void> {
    const { cluster, transactionalId } = this.#options;
    // A lost answer does no harm here: initialising again only raises the epoch once more.
    await cluster.retrying(`initialising ${transactionalId}`, async () => {
      const link = this.#links.to(await cluster.coordinatorOf('transaction', transactionalId));
      const answer = await link.call(
        initProducerIdV4.api,
        transactionalId,
        cluster.settings.transactionTimeoutMs,
        // Not 0 and 0, the package's default, which a broker takes for a producer it has fenced.
        -1n,
        -1,
      );
      this.#epochPerTransaction = (await link.features()).epochPerTransaction;
      this.#startEpoch({ producerId: answer.producerId, epoch: answer.producerEpoch });
    });
  }

  async send(records: readonly OutgoingRecord[]): Promise<void> {
    const works = await this.#sender.plan(records);
    if (!this.#epochPerTransaction) await this.#addPartitions(works);
    const outcomes = await this.#sender.deliver(works);
    for (const { failure } of outcomes) if (failure) throw failure;
  }

  async commitOffsets(group: GroupMetadata, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    // A coordinator takes these for a caller without a membership and checks nothing.
    if (group.memberId === '' || group.generationId < 0) {
      throw new FencedError(`committing offsets of ${group.groupId}: its membership has not begun or has ended`);
    }
    const groupId = this.#options.cluster.settings.naming.full(group.groupId);
    if (!this.#epochPerTransaction) await this.#addGroup(groupId);
    let { generationId } = group;
    for (;;) {
      try {
        await this.#commitOffsets(groupId, { ...group, generationId }, offsets);
        return;
      } catch (error) {
        // The member may be in the middle of a rebalance in which it keeps these partitions: KIP-429.
        const next = brokerErrors(error).has('ILLEGAL_GENERATION')
          ? await this.#options.generations.after(group.memberId, generationId, offsets)
          : undefined;
        if (next === undefined) throw toTailraceError(error, `committing offsets of ${group.groupId}`);
        generationId = next;
      }
    }
  }

  commit(): Promise<void> {
    return this.#end(true);
  }

  abort(): Promise<void> {
    return this.#end(false);
  }

  async close(): Promise<void> {
    this.#links.close();
    this.#options.onClose();
  }

  async #addPartitions(works: readonly PartitionWork[]): Promise<void> {
    const fresh = works.filter(({ topic, partition }) => !this.#added.has(`${topic}/${partition}`));
    if (fresh.length === 0) return;
    const topics = [...new Set(fresh.map(({ topic }) => topic))].map((name) => ({
      name,
      partitions: fresh.filter(({ topic }) => topic === name).map(({ partition }) => partition),
    }));
    const { transactionalId } = this.#options;
    const { producerId, epoch: producerEpoch } = this.#identity;
    const transaction = { transactionalId, producerId, producerEpoch, verifyOnly: false, topics };
    await this.#atCoordinator('transaction', transactionalId, addPartitionsToTxnV3.api, [transaction]);
    for (const { topic, partition } of fresh) this.#added.add(`${topic}/${partition}`);
  }

  async #addGroup(groupId: string): Promise<void> {
    const key = `group ${groupId}`;
    if (this.#added.has(key)) return;
    const { transactionalId } = this.#options;
    const { producerId, epoch } = this.#identity;
    await this.#atCoordinator(
      'transaction',
      transactionalId,
      addOffsetsToTxnV3.api,
      transactionalId,
      producerId,
      epoch,
      groupId,
    );
    this.#added.add(key);
  }

  async #commitOffsets(
    groupId: string,
    { generationId, memberId }: GroupMetadata,
    offsets: readonly TopicPartitionOffset[],
  ): Promise<void> {
    const { naming } = this.#options.cluster.settings;
    const topics = [...new Set(offsets.map(({ topic }) => topic))].map((bare) => ({
      name: naming.full(bare),
      partitions: offsets
        .filter(({ topic }) => topic === bare)
        .map(({ partition, offset }) => ({
          partitionIndex: partition,
          committedOffset: BigInt(offset),
          committedLeaderEpoch: -1,
          committedMetadata: null,
        })),
    }));
    const { producerId, epoch } = this.#identity;
    await this.#atCoordinator(
      'group',
      groupId,
      this.#epochPerTransaction ? commitOffsetsAddingGroup : txnOffsetCommitV3.api,
      this.#options.transactionalId,
      groupId,
      producerId,
      epoch,
      generationId,
      memberId,
      null,
      topics,
    );
  }

  async #end(committed: boolean): Promise<void> {
    const { transactionalId } = this.#options;
    const { producerId, epoch } = this.#identity;
    const args = [transactionalId, producerId, epoch, committed] as const;
    if (this.#epochPerTransaction) {
      const next = await this.#atCoordinator('transaction', transactionalId, endTransactionGettingEpoch, ...args);
      if (!next) throw new BrokerRefusal('INVALID_TXN_STATE', 'ending a transaction without a new epoch');
      this.#startEpoch(next);
    } else {
      await this.#atCoordinator('transaction', transactionalId, endTxnV3.api, ...args);
      this.#added.clear();
    }
  }

  #startEpoch(identity: ProducerIdentity): void {
    this.#identity = identity;
    this.#sender.begin(identity, { partitionsJoinByThemselves: this.#epochPerTransaction });
    this.#added.clear();
  }

  /** Asks a coordinator, and again while it says that it did nothing: it moved, or ends the transaction before. */
  async #atCoordinator<Arguments extends unknown[], Answer>(
    kind: 'group' | 'transaction',
    key: string,
    api: API<Arguments, Answer>,
    ...args: Arguments
  ): Promise<Answer> {
    const { cluster } = this.#options;
    const deadline = performance.now() + cluster.settings.retryTimeoutMs;
    const cacheKey = `${kind} ${key}`;
    for (let attempt = 0; ; attempt++) {
      try {
        const node = this.#coordinators.get(cacheKey) ?? (await cluster.coordinatorOf(kind, key));
        this.#coordinators.set(cacheKey, node);
        return await this.#links.to(node).call(api, ...args);
      } catch (error) {
        if (!brokerErrors(error).has('CONCURRENT_TRANSACTIONS')) this.#coordinators.delete(cacheKey);
        if (kind === 'group' && brokerErrors(error).has('ILLEGAL_GENERATION')) throw error;
        if (!wasNotDone(error) || performance.now() > deadline || cluster.closed) {
          throw toTailraceError(error, `asking the coordinator of ${key}`);
        }
      }
      await cluster.pause(Math.min(2 ** attempt, 200));
    }
  }
}
