import { RecordTooLargeError } from '../errors.ts';
import type { OutgoingRecord, TopicPartition } from '../kafka.ts';
import { batchHeaderBytes, encodeRecords, recordBound, sealBatch } from '../protocol/record-encoding.ts';
import { BrokerError, check } from './broker-error.ts';
import type { Cluster } from './cluster.ts';
import { produce } from './requests/produce.ts';
import { TopicLimits } from './topic-limits.ts';

/** What InitProducerId gave. */
export interface ProducerIdentity {
  readonly transactionalId: string | null;
  readonly producerId: string;
  readonly producerEpoch: number;
}

interface PreparedBatch extends TopicPartition {
  readonly batch: Buffer;
}

/** Larger batches compress no better and hold up everything behind them, bytes. */
const batchBytes = 1024 * 1024;
const sequences = 2 ** 31;
const duplicateSequence = 46;
const unknownTopicOrPartition = 3;

/**
 * Sends records for one producer epoch, with the sequence numbers by which the broker recognises a repetition. Calls
 * must not overlap, and after a failure the epoch is used up: a sequence number may or may not have been taken.
 */
export class RecordSender {
  readonly #cluster: Cluster;
  readonly #identity: ProducerIdentity;
  readonly #limits: TopicLimits;
  readonly #nextSequence = new Map<string, number>();

  constructor(cluster: Cluster, identity: ProducerIdentity) {
    this.#cluster = cluster;
    this.#identity = identity;
    this.#limits = new TopicLimits(cluster);
  }

  /**
   * The rounds in which the records go out: a partition's batches one after the other, one a round, as Produce takes
   * one a partition. Nothing has been sent, and no sequence number used, when this throws.
   * @throws RecordTooLargeError, UnknownTopicError
   */
  async prepare(records: readonly OutgoingRecord[]): Promise<readonly (readonly PreparedBatch[])[]> {
    const rounds: PreparedBatch[][] = [];
    const sequencesAfter = new Map<string, number>();
    const now = Date.now();
    for (const [key, list] of byPartition(records)) {
      const { topic, partition } = list[0]!;
      await this.#cluster.leader({ topic, partition });
      let sequence = this.#nextSequence.get(key) ?? 0;
      for (const [round, chunk] of (await this.#split(topic, list)).entries()) {
        const batch = await this.#encode(chunk, now, sequence);
        rounds[round] ??= [];
        rounds[round].push({ topic, partition, batch });
        sequence = (sequence + chunk.length) % sequences;
      }
      sequencesAfter.set(key, sequence);
    }
    for (const [key, sequence] of sequencesAfter) this.#nextSequence.set(key, sequence);
    return rounds;
  }

  /**
   * @param repeatable `answers`: a lost answer is the end; `anything`: the same batches are sent again, which their
   *   sequence numbers make harmless.
   */
  async send(rounds: readonly (readonly PreparedBatch[])[], repeatable: 'answers' | 'anything'): Promise<void> {
    for (const round of rounds) {
      const left = new Set(round);
      await this.#cluster.persist(repeatable, () => this.#sendAll(left));
    }
  }

  async #split(topic: string, records: readonly OutgoingRecord[]): Promise<OutgoingRecord[][]> {
    const most = Math.min(batchBytes, await this.#limits.maxMessageBytes(topic)) - batchHeaderBytes;
    const chunks: OutgoingRecord[][] = [];
    let room = 0;
    for (const record of records) {
      const size = recordBound(record);
      if (size > room || chunks.length === 0) {
        chunks.push([]);
        room = most;
      }
      chunks.at(-1)!.push(record);
      room -= size;
    }
    return chunks;
  }

  async #encode(records: readonly OutgoingRecord[], now: number, firstSequence: number): Promise<Buffer> {
    const { topic } = records[0]!;
    const { producerId, producerEpoch: epoch, transactionalId } = this.#identity;
    const encoded = await encodeRecords(records, this.#cluster.settings.compression, now);
    const origin = { producerId: BigInt(producerId), epoch, firstSequence, transactional: transactionalId !== null };
    const batch = sealBatch(encoded, origin);
    if (batch.length > (await this.#limits.maxMessageBytes(topic))) {
      const limit = await this.#limits.refresh(topic);
      if (batch.length > limit) {
        throw new RecordTooLargeError(`a record of ${batch.length} bytes is over ${topic}'s limit of ${limit}`);
      }
    }
    return batch;
  }

  /** Removes from `left` what was written; throws when something is left. */
  async #sendAll(left: Set<PreparedBatch>): Promise<void> {
    const byLeader = new Map<number, PreparedBatch[]>();
    for (const prepared of left) {
      const leader = await this.#cluster.leader(prepared);
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), prepared]);
    }
    const sending = [...byLeader].map(async ([leader, batches]) => this.#sendTo(leader, batches, left));
    const failed = (await Promise.allSettled(sending)).find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
  }

  async #sendTo(leader: number, batches: readonly PreparedBatch[], left: Set<PreparedBatch>): Promise<void> {
    const { connections, settings } = this.#cluster;
    const { naming, requestTimeoutMs: timeoutMs } = settings;
    const { transactionalId } = this.#identity;
    const byTopic = Map.groupBy(batches, ({ topic }) => naming.full(topic));
    const topics = [...byTopic].map(([topic, partitions]) => ({ topic, partitions }));
    const broker = await connections.to(leader);
    const answer = await connections.send(broker, produce({ transactionalId, timeoutMs, topics }));
    let failure: number | undefined;
    for (const { topic, partition, errorCode } of answer.partitions) {
      const sent = batches.find((one) => naming.full(one.topic) === topic && one.partition === partition);
      if (sent && (errorCode === 0 || errorCode === duplicateSequence)) left.delete(sent);
      else failure ??= errorCode;
    }
    // The broker may not have heard of a new topic; the next look-up of the leader shows whether it exists.
    if (failure === unknownTopicOrPartition) throw new BrokerError('LEADER_NOT_AVAILABLE');
    if (failure !== undefined) check(failure);
  }
}

function byPartition(records: readonly OutgoingRecord[]): ReadonlyMap<string, OutgoingRecord[]> {
  return Map.groupBy(records, ({ topic, partition }) => `${topic}/${partition}`);
}
