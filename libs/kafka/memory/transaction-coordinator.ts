import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { FencedError } from '../errors.ts';
import type { GroupMetadata, OutgoingRecord, TopicPartitionOffset } from '../kafka.ts';
import type { Clock } from './clock.ts';
import type { Group } from './group.ts';
import type { PartitionLog, TransactionMarker } from './partition-log.ts';

/** A producer as the broker knows it: one with an older epoch is fenced. */
export interface ProducerIdentity {
  readonly transactionalId: string;
  readonly epoch: number;
}

interface OpenTransaction {
  readonly marker: TransactionMarker;
  readonly logs: Set<PartitionLog>;
  readonly offsets: { readonly group: Group; readonly offset: TopicPartitionOffset }[];
  readonly stopTimer: () => void;
}

interface ProducerState {
  epoch: number;
  open: OpenTransaction | undefined;
}

/** KIP-98's coordinator: epochs, open transactions, and their end in every partition and group at once. */
export class TransactionCoordinator {
  readonly #producers = new Map<string, ProducerState>();
  readonly #clock: Clock;
  readonly #timeoutMs: number;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** Aborts what an earlier producer of this id left open, and fences it. */
  initProducerId(transactionalId: string): ProducerIdentity {
    const producer = this.#producers.get(transactionalId) ?? { epoch: -1, open: undefined };
    this.#producers.set(transactionalId, producer);
    settle(producer, 'aborted');
    producer.epoch += 1;
    return { transactionalId, epoch: producer.epoch };
  }

  /** @throws FencedError */
  append(identity: ProducerIdentity, routed: ReadonlyMap<PartitionLog, readonly OutgoingRecord[]>): void {
    const transaction = this.#open(identity);
    for (const [log, records] of routed) {
      transaction.logs.add(log);
      log.append(records, this.#clock.now(), transaction.marker);
    }
  }

  /** @throws FencedError, also for a member that has lost the partitions (KIP-447) */
  addOffsets(
    identity: ProducerIdentity,
    group: Group,
    metadata: GroupMetadata,
    offsets: readonly TopicPartitionOffset[],
  ): void {
    this.#producer(identity);
    group.validate(metadata, offsets);
    const transaction = this.#open(identity);
    for (const offset of offsets) transaction.offsets.push({ group, offset });
  }

  /** @throws FencedError, or an error of code `kafka.invalid_transaction_state` when nothing is open. */
  end(identity: ProducerIdentity, outcome: 'committed' | 'aborted'): void {
    const producer = this.#producer(identity);
    if (!producer.open) {
      throw new TailraceError(`${identity.transactionalId} has no open transaction`, {
        code: 'kafka.invalid_transaction_state',
        remedy: 'reconnect',
      });
    }
    settle(producer, outcome);
  }

  #producer({ transactionalId, epoch }: ProducerIdentity): ProducerState {
    const producer = this.#producers.get(transactionalId);
    if (producer?.epoch !== epoch) {
      throw new FencedError(`a newer producer of ${transactionalId} took over`);
    }
    return producer;
  }

  #open(identity: ProducerIdentity): OpenTransaction {
    const producer = this.#producer(identity);
    producer.open ??= {
      marker: { state: 'ongoing' },
      logs: new Set(),
      offsets: [],
      stopTimer: this.#clock.after(this.#timeoutMs, () => {
        settle(producer, 'aborted');
        producer.epoch += 1;
      }),
    };
    return producer.open;
  }
}

function settle(producer: ProducerState, outcome: 'committed' | 'aborted'): void {
  const { open } = producer;
  if (!open) return;
  producer.open = undefined;
  open.stopTimer();
  open.marker.state = outcome;
  if (outcome === 'committed') for (const { group, offset } of open.offsets) group.commit(offset);
  // Last, because it wakes readers: a reader that sees the records must see the offsets too.
  for (const log of open.logs) log.appendMarker(open.marker);
}
