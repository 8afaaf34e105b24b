import { setTimeout as sleep } from 'node:timers/promises';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { OutgoingRecord, Producer } from '../kafka.ts';
import type { Cluster } from './cluster.ts';
import { mapped } from './map-error.ts';
import { RecordSender } from './record-sender.ts';

const graceMs = 1000;

/**
 * An idempotent producer. Sends go out one after the other: kafkajs' own loses its place when they overlap (#598). One
 * that failed with an unknown outcome uses up the producer id, so the next send begins with a new one.
 */
export class IdempotentProducer implements Producer {
  readonly #cluster: Cluster;
  readonly #closed: () => void;
  #sender: RecordSender | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** @param closed called when the producer is closed. */
  constructor(cluster: Cluster, closed: () => void) {
    this.#cluster = cluster;
    this.#closed = closed;
  }

  send(records: readonly OutgoingRecord[]): Promise<void> {
    const sent = this.#last.then(() => mapped('sending records', () => this.#sendNow(records)));
    this.#last = sent.catch(() => undefined);
    return sent;
  }

  /** Sends under way may finish, for a second. */
  async close(): Promise<void> {
    await Promise.race([this.#last, sleep(graceMs, undefined, { ref: false })]);
    this.#cluster.connections.close();
    this.#closed();
  }

  async #sendNow(records: readonly OutgoingRecord[]): Promise<void> {
    if (this.#cluster.connections.closed.aborted) {
      throw new TailraceError('the producer is closed', { code: 'kafka.closed', remedy: 'reconnect' });
    }
    if (records.length === 0) return;
    this.#sender ??= await this.#initialise();
    const sender = this.#sender;
    const rounds = await this.#cluster.persist('anything', () => sender.prepare(records));
    try {
      await sender.send(rounds, 'anything');
    } catch (error) {
      this.#sender = undefined;
      throw error;
    }
  }

  async #initialise(): Promise<RecordSender> {
    const { connections, settings } = this.#cluster;
    const request = { transactionalId: undefined, transactionTimeout: settings.transactionTimeoutMs };
    const { producerId, producerEpoch } = await this.#cluster.persist('anything', async () => {
      const broker = await connections.any();
      return connections.call(broker, () => broker.initProducerId(request));
    });
    return new RecordSender(this.#cluster, { transactionalId: null, producerId, producerEpoch });
  }
}
