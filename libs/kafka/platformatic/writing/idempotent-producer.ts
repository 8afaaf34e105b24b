import { initProducerIdV4 } from '@platformatic/kafka';
import type { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { ConnectionLostError } from '../../errors.ts';
import type { OutgoingRecord, Producer } from '../../kafka.ts';
import { partitionKey } from '../../partition-key.ts';
import type { Links } from '../brokers/links.ts';
import type { Cluster } from '../cluster.ts';
import type { PartitionOutcome, PartitionWork } from '../reading/partition-delivery.ts';
import type { TopicLimits } from '../topic-limits.ts';
import { RecordSender } from './record-sender.ts';

interface Sending {
  readonly works: readonly PartitionWork[];
  readonly settled: PromiseWithResolvers<void>;
}

/**
 * An idempotent producer without transactions. What is sent while a request is under way goes out together with the
 * next one; batches whose answer was lost are repeated under their sequence number, so they are written once.
 */
export class IdempotentProducer implements Producer {
  readonly #cluster: Cluster;
  readonly #links: Links;
  readonly #sender: RecordSender;
  readonly #onClose: () => void;
  #waiting: Sending[] = [];
  #working: Promise<void> | undefined;
  #planning: Promise<unknown> = Promise.resolve();
  #initialised = false;
  #closed = false;

  constructor(cluster: Cluster, limits: TopicLimits, onClose: () => void) {
    this.#onClose = onClose;
    this.#cluster = cluster;
    this.#links = cluster.openLinks();
    this.#sender = new RecordSender({ cluster, limits, links: this.#links, repeatUnanswered: true });
  }

  async send(records: readonly OutgoingRecord[]): Promise<void> {
    if (this.#closed) throw closed();
    if (records.length === 0) return;
    // One plan after the other, so that records queue in the order in which they were sent.
    const planning = this.#planning.then(() => this.#sender.plan(records));
    this.#planning = planning.catch(() => undefined);
    const works = await planning;
    if (this.#closed) throw closed();
    const settled = Promise.withResolvers<void>();
    this.#waiting.push({ works, settled });
    this.#working ??= this.#work();
    await settled.promise;
  }

  async close(): Promise<void> {
    this.#closed = true;
    // Sends under way finish, unless the client as a whole is closed, which ends their connections.
    await this.#planning;
    await this.#working;
    this.#links.close();
    this.#onClose();
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      const sendings = this.#waiting;
      this.#waiting = [];
      try {
        if (!this.#initialised) await this.#initialise();
        await this.#deliver(sendings);
      } catch (error) {
        for (const { settled } of sendings) settled.reject(error);
      }
    }
    this.#working = undefined;
  }

  async #deliver(sendings: readonly Sending[]): Promise<void> {
    const outcomes = new Map<string, PartitionOutcome>();
    for (const outcome of await this.#sender.deliver(merge(sendings)))
      outcomes.set(partitionKey(outcome.work), outcome);
    const passed = new Map<string, number>();
    for (const { works, settled } of sendings) {
      let failure: unknown;
      for (const work of works) {
        const key = partitionKey(work);
        const outcome = outcomes.get(key);
        const end = (passed.get(key) ?? 0) + work.records.length;
        passed.set(key, end);
        if (outcome?.failure && end > outcome.written) failure ??= outcome.failure;
      }
      if (failure) settled.reject(failure);
      else settled.resolve();
    }
    // After a failure nobody knows where the partition's sequence stands: go on under another producer id.
    if ([...outcomes.values()].some(({ failure }) => failure !== undefined)) this.#initialised = false;
  }

  async #initialise(): Promise<void> {
    await this.#cluster.retrying('initialising a producer', async () => {
      const link = this.#links.to(await this.#cluster.anyNode());
      const answer = await link.call(initProducerIdV4.api, null, 0, -1n, -1);
      this.#sender.begin({ producerId: answer.producerId, epoch: answer.producerEpoch });
      this.#initialised = true;
    });
  }
}

/** All records of a partition as one piece of work, in the order of sending. */
function merge(sendings: readonly Sending[]): PartitionWork[] {
  const pieces = new Map<string, PartitionWork[]>();
  for (const work of sendings.flatMap(({ works }) => works)) {
    const key = partitionKey(work);
    const before = pieces.get(key);
    if (before) before.push(work);
    else pieces.set(key, [work]);
  }
  return [...pieces.values()].map((works) => ({
    ...(works.at(-1) as PartitionWork),
    records: works.flatMap(({ records }) => records),
  }));
}

function closed(): TailraceError {
  return new ConnectionLostError('this producer is closed');
}
