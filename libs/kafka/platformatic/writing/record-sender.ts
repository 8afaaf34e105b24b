import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { RecordTooLargeError } from '../../errors.ts';
import type { OutgoingRecord } from '../../kafka.ts';
import { partitionKey } from '../../partition-key.ts';
import {
  batchSize,
  type EncodedRecords,
  encodeRecords,
  recordBound,
  sealBatch,
} from '../../protocol/record-encoding.ts';
import type { Links } from '../brokers/links.ts';
import type { Cluster } from '../cluster.ts';
import { BrokerRefusal, isConnectionFailure, toTailraceError, wasNotDone } from '../failure.ts';
import { PartitionDelivery, type PartitionOutcome, type PartitionWork } from '../reading/partition-delivery.ts';
import type { TopicLimits } from '../topic-limits.ts';
import { type PartitionResult, produce, produceAddingPartitions } from './produce-request.ts';

const maxRequestBytes = 16 * 1024 * 1024;

/** A producer id and epoch, as InitProducerId gave them. */
export interface ProducerIdentity {
  readonly producerId: bigint;
  readonly epoch: number;
}

interface SenderOptions {
  readonly cluster: Cluster;
  readonly limits: TopicLimits;
  readonly links: Links;
  readonly transactionalId?: string;
  /** Whether a batch whose answer was lost is sent again, relying on its sequence number against doubles. */
  readonly repeatUnanswered: boolean;
}

/**
 * Writes batches to the leaders of their partitions, numbered in sequence (KIP-98), one batch a partition in flight.
 * `deliver` must not be called side by side.
 */
export class RecordSender {
  readonly #options: SenderOptions;
  readonly #sequences = new Map<string, number>();
  #identity: ProducerIdentity | undefined;
  #partitionsJoinByThemselves = false;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Starts over under this identity: sequences begin at zero. */
  begin(identity: ProducerIdentity, { partitionsJoinByThemselves = false } = {}): void {
    this.#identity = identity;
    this.#partitionsJoinByThemselves = partitionsJoinByThemselves;
    this.#sequences.clear();
  }

  /**
   * Sorts records by partition and checks that each can be written.
   * @throws UnknownTopicError, RecordTooLargeError: nothing was written.
   */
  async plan(records: readonly OutgoingRecord[]): Promise<PartitionWork[]> {
    const { cluster, limits } = this.#options;
    const works: PartitionWork[] = [];
    for (const [bare, partitions] of byPartition(records)) {
      const topic = cluster.settings.naming.full(bare);
      const { leaders } = await cluster.topic(topic);
      const maxBatchBytes = await limits.maxBatchBytes(topic);
      for (const [partition, own] of partitions) {
        if (leaders[partition] === undefined) throw unknownPartition(bare, partition, leaders.length);
        for (const record of own) if (recordBound(record) > maxBatchBytes) await this.#mustFit(record, maxBatchBytes);
        works.push({ topic, partition, records: own, maxBatchBytes });
      }
    }
    return works;
  }

  async deliver(works: readonly PartitionWork[]): Promise<readonly PartitionOutcome[]> {
    const { cluster } = this.#options;
    const deliveries = works.map((work) => new PartitionDelivery(work, cluster.settings.compression));
    const deadline = performance.now() + cluster.settings.retryTimeoutMs;
    for (let attempt = 0; ; ) {
      const open = deliveries.filter((delivery) => !delivery.ended);
      if (open.length === 0) return deliveries;
      const repeat = await this.#round(open);
      if (!repeat) {
        attempt = 0;
        continue;
      }
      if (performance.now() > deadline || cluster.closed) {
        for (const delivery of open) delivery.giveUp((error) => toTailraceError(error, this.#sending(delivery.work)));
        return deliveries;
      }
      await cluster.pause(Math.min(2 ** attempt++, 500));
    }
  }

  /** Sends each partition's next batch. @returns whether some must be sent again. */
  async #round(open: readonly PartitionDelivery[]): Promise<boolean> {
    const byLeader = new Map<number, PartitionDelivery[]>();
    for (const delivery of open) {
      try {
        await delivery.prepare((records) => this.#seal(delivery.work, records));
        const leader = await this.#options.cluster.leaderOf(delivery.work.topic, delivery.work.partition);
        const others = byLeader.get(leader);
        if (others) others.push(delivery);
        else byLeader.set(leader, [delivery]);
      } catch (error) {
        this.#failed(delivery, error);
      }
    }
    await Promise.all(
      [...byLeader].flatMap(([leader, own]) => inRequests(own).map((some) => this.#send(leader, some))),
    );
    return open.some((delivery) => delivery.mustRepeat);
  }

  async #send(leader: number, deliveries: readonly PartitionDelivery[]): Promise<void> {
    const { cluster, links, transactionalId = null } = this.#options;
    const batches = deliveries.map((delivery) => delivery.batch);
    const api = this.#partitionsJoinByThemselves ? produceAddingPartitions : produce;
    let results: PartitionResult[];
    try {
      results = await links.to(leader).call(api, transactionalId, cluster.settings.requestTimeoutMs, batches);
    } catch (error) {
      for (const delivery of deliveries) this.#failed(delivery, error);
      return;
    }
    for (const delivery of deliveries) {
      const { topic, partition } = delivery.work;
      const result = results.find((each) => each.partition === partition && each.topic === topic);
      const errorCode = result?.errorCode ?? unknownServerError;
      if (errorCode === 0 || errorCode === duplicateSequence) this.#succeeded(delivery);
      else this.#failed(delivery, BrokerRefusal.of(errorCode, this.#sending(delivery.work)));
    }
  }

  #succeeded(delivery: PartitionDelivery): void {
    const key = partitionKey(delivery.work);
    // Sequence numbers wrap at 2^31 (KIP-98).
    this.#sequences.set(key, ((this.#sequences.get(key) ?? 0) + delivery.batchCount) % 0x80000000);
    delivery.advance();
  }

  #failed(delivery: PartitionDelivery, error: unknown): void {
    const { cluster, limits, repeatUnanswered } = this.#options;
    const { work } = delivery;
    cluster.forget(work.topic);
    if (wasNotDone(error) || (repeatUnanswered && isConnectionFailure(error))) {
      delivery.repeatAfter(error);
      return;
    }
    const failure = toTailraceError(error, this.#sending(work), { topic: cluster.bare(work.topic) });
    if (failure instanceof RecordTooLargeError) limits.forget(work.topic);
    delivery.fail(failure);
  }

  #sending({ topic, partition }: PartitionWork): string {
    return `sending to ${this.#options.cluster.bare(topic)}[${partition}]`;
  }

  #seal(work: PartitionWork, records: EncodedRecords): Buffer {
    if (!this.#identity) throw new Error('this producer was not initialised');
    return sealBatch(records, {
      ...this.#identity,
      firstSequence: this.#sequences.get(partitionKey(work)) ?? 0,
      transactional: this.#options.transactionalId !== undefined,
    });
  }

  /** What is larger than the limit uncompressed may fit compressed. */
  async #mustFit(record: OutgoingRecord, limit: number): Promise<void> {
    const encoded = await encodeRecords([record], this.#options.cluster.settings.compression, Date.now());
    const size = batchSize(encoded);
    if (size <= limit) return;
    throw new RecordTooLargeError(
      `a record for ${record.topic}[${record.partition}] takes ${size} bytes; the topic's max.message.bytes is ${limit}`,
    );
  }
}

function byPartition(records: readonly OutgoingRecord[]): Map<string, Map<number, OutgoingRecord[]>> {
  const topics = new Map<string, Map<number, OutgoingRecord[]>>();
  let lastTopic: string | undefined;
  let lastPartition = -1;
  let own: OutgoingRecord[] = [];
  for (const record of records) {
    if (record.topic !== lastTopic || record.partition !== lastPartition) {
      lastTopic = record.topic;
      lastPartition = record.partition;
      const partitions = topics.get(lastTopic) ?? new Map<number, OutgoingRecord[]>();
      topics.set(lastTopic, partitions);
      own = partitions.get(lastPartition) ?? [];
      partitions.set(lastPartition, own);
    }
    own.push(record);
  }
  return topics;
}

/** Requests of a size that a broker takes (`socket.request.max.bytes`). */
function inRequests(deliveries: readonly PartitionDelivery[]): PartitionDelivery[][] {
  const requests: PartitionDelivery[][] = [[]];
  let size = 0;
  for (const delivery of deliveries) {
    size += delivery.batch.batch.length;
    if (size > maxRequestBytes) {
      requests.push([]);
      size = delivery.batch.batch.length;
    }
    requests.at(-1)?.push(delivery);
  }
  return requests.filter((request) => request.length > 0);
}

function unknownPartition(topic: string, partition: number, partitions: number): TailraceError {
  return new TailraceError(`topic ${topic} has no partition ${partition}: it has ${partitions}`, {
    code: 'kafka.unknown_partition',
    remedy: 'give-up',
  });
}

const unknownServerError = -1;
const duplicateSequence = 46;
