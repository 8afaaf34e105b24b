import { OffsetOutOfRangeError, UnknownTopicError } from '@tailrace/kafka/errors.ts';
import type { FetchedRecord, Kafka, Reader, TopicPartitionOffset } from '@tailrace/kafka/kafka.ts';
import { bytesPerSlice } from '@tailrace/log-query/thread-time.ts';

/** Single records by their positions. Cheap where the next position is near the last one; holds one fetch in memory. */
export class RecordReader {
  readonly #kafka: Kafka;
  #open: { readonly topic: string; readonly partition: number; readonly reader: Reader } | undefined;
  #fetched: ReadonlyMap<number, FetchedRecord> = new Map();

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  /**
   * @returns undefined where there is no such record, or none any more.
   * @throws the signal's reason when it aborts.
   */
  async at(position: TopicPartitionOffset, signal: AbortSignal): Promise<FetchedRecord | undefined> {
    if (!this.#isOpen(position) || !this.#fetched.has(position.offset)) await this.#fetch(position, signal);
    return this.#fetched.get(position.offset);
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    this.#fetched = new Map();
    await open?.reader.close();
  }

  #isOpen({ topic, partition }: TopicPartitionOffset): boolean {
    return this.#open?.topic === topic && this.#open.partition === partition;
  }

  async #fetch(position: TopicPartitionOffset, signal: AbortSignal): Promise<void> {
    const { topic, partition, offset } = position;
    this.#fetched = new Map();
    try {
      // Beyond the end there is nothing to wait for.
      const ends = await this.#kafka.admin.offsets(topic, 'last_stable');
      if (offset >= (ends[partition] ?? 0)) return;
      if (this.#isOpen(position)) this.#open?.reader.seek(position);
      else {
        await this.close();
        const reader = await this.#kafka.reader({ positions: [position], maxBytes: bytesPerSlice });
        this.#open = { topic, partition, reader };
      }
      for (;;) {
        signal.throwIfAborted();
        const [batch] = (await this.#open?.reader.poll(signal)) ?? [];
        if (batch === undefined || batch.nextOffset <= offset) continue;
        this.#fetched = new Map(batch.records.map((record) => [record.offset, record]));
        return;
      }
    } catch (error) {
      if (!(error instanceof OffsetOutOfRangeError || error instanceof UnknownTopicError)) throw error;
    }
  }
}
