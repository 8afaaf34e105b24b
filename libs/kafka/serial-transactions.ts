import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type {
  GroupMetadata,
  OutgoingRecord,
  TopicPartitionOffset,
  Transaction,
  TransactionalProducer,
} from './kafka.ts';

/** How long closing waits for an open transaction to be aborted; the broker aborts it anyway, only later. */
const graceMs = 1000;

/** A client's bare calls for one producer epoch. They are never called side by side, nor after one has rejected. */
export interface TransactionSession {
  /** Called with at least one record. */
  send(records: readonly OutgoingRecord[]): Promise<void>;
  /** Called with at least one offset, and one a partition. */
  commitOffsets(group: GroupMetadata, offsets: readonly TopicPartitionOffset[]): Promise<void>;
  commit(): Promise<void>;
  /** Also called once after `send` or `commitOffsets` rejected, so that readers need not wait for the time-out. */
  abort(): Promise<void>;
  /** Disconnects; a call still under way rejects. */
  close(): Promise<void>;
}

/**
 * The rules of `Transaction` in one place, whatever the client: calls run one after the other, the first failure is
 * final for this producer, and nothing that failed is ever committed.
 */
export function serialTransactions(transactionalId: string, session: TransactionSession): TransactionalProducer {
  let open: OpenTransaction | undefined;
  let unusable: { readonly cause: unknown } | undefined;
  let closing: Promise<void> | undefined;
  return {
    transactionalId,
    begin() {
      if (closing) throw unusableProducer(transactionalId, 'it is closed');
      if (unusable) throw unusableProducer(transactionalId, messageOf(unusable.cause), unusable.cause);
      if (open) throw unusableProducer(transactionalId, 'its transaction is still open');
      const transaction: OpenTransaction = new OpenTransaction(session, {
        ended: () => {
          if (open === transaction) open = undefined;
        },
        failed: (cause) => {
          unusable ??= { cause };
        },
      });
      open = transaction;
      return transaction;
    },
    close() {
      closing ??= (async () => {
        const aborted = open?.abort().catch(() => undefined);
        await Promise.race([aborted, sleep(graceMs, undefined, { ref: false })]);
        await session.close();
      })();
      return closing;
    },
  };
}

interface Outcome {
  ended(): void;
  failed(cause: unknown): void;
}

class OpenTransaction implements Transaction {
  readonly #session: TransactionSession;
  readonly #outcome: Outcome;
  #last: Promise<unknown> = Promise.resolve();
  #state: 'open' | 'committed' | 'aborted' = 'open';
  /** Whether the broker knows of this transaction: ending an empty one is an error to it. */
  #begun = false;
  /** Whether the failure was of the commit itself: only a new producer can find out what happened. */
  #commitFailed = false;
  #failure: { readonly cause: unknown } | undefined;

  constructor(session: TransactionSession, outcome: Outcome) {
    this.#session = session;
    this.#outcome = outcome;
  }

  send(records: readonly OutgoingRecord[]): Promise<void> {
    return this.#write(records.length > 0, () => this.#session.send(records));
  }

  commitOffsets(group: GroupMetadata, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    const last = lastOfEachPartition(offsets);
    return this.#write(last.length > 0, () => this.#session.commitOffsets(group, last));
  }

  commit(): Promise<void> {
    return this.#next(async () => {
      this.#mustBeOpen();
      this.#commitFailed = true;
      if (this.#begun) await this.#session.commit();
      this.#commitFailed = false;
      this.#state = 'committed';
      this.#outcome.ended();
    });
  }

  abort(): Promise<void> {
    return this.#queue(async () => {
      if (this.#state !== 'open') return;
      this.#state = 'aborted';
      this.#outcome.ended();
      if (!this.#begun || this.#commitFailed) return;
      try {
        await this.#session.abort();
      } catch (cause) {
        this.#outcome.failed(cause);
        // What failed before has been reported, and the next producer's initialisation settles the rest.
        if (!this.#failure) throw cause;
      }
    });
  }

  #write(any: boolean, call: () => Promise<void>): Promise<void> {
    return this.#next(async () => {
      this.#mustBeOpen();
      if (!any) return;
      this.#begun = true;
      await call();
    });
  }

  #mustBeOpen(): void {
    if (this.#state !== 'open') {
      throw new TailraceError(`the transaction is ${this.#state} already`, {
        code: 'kafka.transaction_ended',
        remedy: 'reconnect',
      });
    }
  }

  /** After a failure nothing more reaches the broker: later calls reject with what failed first. */
  #next(call: () => Promise<void>): Promise<void> {
    return this.#queue(async () => {
      if (this.#failure) throw this.#failure.cause;
      try {
        await call();
      } catch (cause) {
        if (this.#state === 'open') {
          this.#failure = { cause };
          this.#outcome.failed(cause);
        }
        throw cause;
      }
    });
  }

  #queue(call: () => Promise<void>): Promise<void> {
    const done = this.#last.then(call);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

/** Kafka keeps one offset a partition; clients differ in which of several they send, so only the furthest goes out. */
function lastOfEachPartition(offsets: readonly TopicPartitionOffset[]): TopicPartitionOffset[] {
  const last = new Map<string, TopicPartitionOffset>();
  for (const position of offsets) {
    const key = `${position.topic}/${position.partition}`;
    const earlier = last.get(key);
    if (!earlier || earlier.offset <= position.offset) last.set(key, position);
  }
  return [...last.values()];
}

function unusableProducer(transactionalId: string, why: string, cause?: unknown): TailraceError {
  return new TailraceError(`the producer ${transactionalId} cannot begin a transaction: ${why}`, {
    code: 'kafka.producer_unusable',
    remedy: 'reconnect',
    help: 'Close this producer, make a new one with the same transactional id and go on from the committed offsets.',
    cause,
  });
}
