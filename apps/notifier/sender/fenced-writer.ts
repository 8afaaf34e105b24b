import { notificationKey } from '@tailrace/channels/notification-key.ts';
import type { OutgoingRecord, TransactionalProducer } from '@tailrace/kafka/kafka.ts';
import { topicRecord } from '@tailrace/kafka/topic-record.ts';
import type { Notification } from '@tailrace/schemas/generated/notification.ts';
import { topics } from '@tailrace/topics/topics.ts';

interface Queued {
  readonly records: readonly OutgoingRecord[];
  readonly written: PromiseWithResolvers<void>;
}

/**
 * Writes notifications in transactions of the partition's own producer: a process that no longer owns the partition is
 * refused. What is asked for while a transaction runs goes into the next one together.
 */
export class FencedWriter {
  readonly #producer: TransactionalProducer;
  readonly #partition: number;
  #queue: Queued[] = [];
  #draining = false;

  constructor(producer: TransactionalProducer, partition: number) {
    this.#producer = producer;
    this.#partition = partition;
  }

  /**
   * Resolves when they are committed.
   * @throws FencedError when another owner has begun. After any error nothing more can be written.
   */
  write(notifications: readonly Notification[]): Promise<void> {
    const partition = this.#partition;
    const records = notifications.map((each) =>
      topicRecord(topics.notifications, notificationKey(each), each, {
        partition,
        headers: { project: each.project_id },
      }),
    );
    const written = Promise.withResolvers<void>();
    this.#queue.push({ records, written });
    void this.#drain();
    return written.promise;
  }

  async #drain(): Promise<void> {
    if (this.#draining) return;
    this.#draining = true;
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      try {
        await this.#commit(batch.flatMap(({ records }) => records));
        for (const { written } of batch) written.resolve();
      } catch (error) {
        for (const { written } of batch) written.reject(error);
      }
    }
    this.#draining = false;
  }

  async #commit(records: readonly OutgoingRecord[]): Promise<void> {
    const transaction = this.#producer.begin();
    try {
      await transaction.send(records);
      await transaction.commit();
    } catch (error) {
      await transaction.abort().catch(() => undefined);
      throw error;
    }
  }
}
