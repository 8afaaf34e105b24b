import type { FetchedBatch, FetchedRecord, TopicPartitionOffset } from '../../kafka.ts';
import { LogReader } from '../../protocol/record-decoding.ts';
import type { FetchedPartition } from './fetch-request.ts';

/** One partition of a reader: where it stands and what was fetched but not yet handed out. */
export class PartitionReading {
  /** Bare name. */
  readonly topic: string;
  readonly partition: number;
  /** The UUID the topic had when the reader first met it. */
  topicId: string | undefined;
  paused = false;
  /** What the next poll rejects with. Kept until the partition is moved. */
  failure: unknown;
  /** A fetch is under way for it. */
  fetching = false;
  /** Since when it has been asked for without an answer (`performance.now()`); undefined when nothing is owed. */
  waitingSince: number | undefined;
  /** Who is asked, or how the last try failed. */
  waitingFor = 'the cluster';
  /** The last try failed: it is waiting also while nothing is under way. */
  failing = false;
  /** Not fetched before this time (`performance.now()`): its leader is being looked for. */
  retryAt = 0;
  /** Since when the cluster has not known the topic. */
  unknownSince: number | undefined;
  #position: number;
  #lastStableOffset = -1;
  #log: LogReader | undefined;

  constructor({ topic, partition, offset }: TopicPartitionOffset, topicId: string | undefined) {
    this.topic = topic;
    this.partition = partition;
    this.topicId = topicId;
    this.#position = offset;
  }

  /** Where the next fetch starts. */
  get position(): number {
    return this.#position;
  }

  get hasFetched(): boolean {
    return this.#log !== undefined;
  }

  /** Takes what a fetch brought. */
  fetched({ bytes, aborted, lastStableOffset }: FetchedPartition): void {
    this.unknownSince = undefined;
    this.waitingSince = undefined;
    this.failing = false;
    this.#lastStableOffset = lastStableOffset;
    const log = new LogReader({ bytes, aborted });
    if (log.hasMore) this.#log = log;
  }

  /**
   * Decodes stored batches while there is room, and takes from the room what they need.
   * @returns undefined when nothing was left that moves the position.
   */
  take(room: { bytes: number }): FetchedBatch | undefined {
    const log = this.#log;
    if (!log) return undefined;
    const records: FetchedRecord[] = [];
    const from = this.#position;
    let counted = 0;
    while (log.hasMore && room.bytes > 0) {
      this.#position = Math.max(this.#position, log.next(this.#position, records));
      for (; counted < records.length; counted++) {
        const record = records[counted] as FetchedRecord;
        room.bytes -= recordOverhead + (record.value?.length ?? 0) + (record.key?.length ?? 0);
      }
    }
    if (!log.hasMore) this.#log = undefined;
    if (this.#position === from) return undefined;
    const { topic, partition } = this;
    return { topic, partition, records, nextOffset: this.#position, lastStableOffset: this.#lastStableOffset };
  }
}

/** What an object of a record costs beside its data, roughly: tiny records fill memory too. */
const recordOverhead = 100;
