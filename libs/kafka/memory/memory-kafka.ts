import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type {
  Admin,
  GroupMembership,
  GroupOptions,
  Kafka,
  Producer,
  Reader,
  ReaderOptions,
  TransactionalProducer,
} from '../kafka.ts';
import { serialTransactions } from '../serial-transactions.ts';
import type { BrokerState } from './broker-state.ts';
import { MemoryMembership } from './membership.ts';
import { memoryAdmin } from './memory-admin.ts';
import type { ClientProcess } from './process.ts';
import { MemoryReader } from './reader.ts';

interface Closeable {
  close(): Promise<void>;
}

/** One client of an in-memory broker, as one process would have it. */
export class MemoryKafka implements Kafka {
  readonly client = 'memory';
  readonly admin: Admin;
  readonly #broker: BrokerState;
  readonly #process: ClientProcess;
  readonly #made = new Set<Closeable>();

  constructor(broker: BrokerState, process: ClientProcess) {
    this.#broker = broker;
    this.#process = process;
    this.admin = memoryAdmin(broker, process);
  }

  async transactionalProducer(transactionalId: string): Promise<TransactionalProducer> {
    const { faults, transactions, topics } = this.#broker;
    const process = this.#process;
    const identity = await faults.call('initProducerId', process, () => transactions.initProducerId(transactionalId));
    const producer = serialTransactions(transactionalId, {
      send: (records) => faults.call('send', process, () => transactions.append(identity, topics.route(records))),
      commitOffsets: (metadata, offsets) =>
        faults.call('commitOffsets', process, () =>
          transactions.addOffsets(identity, this.#broker.group(metadata.groupId), metadata, offsets),
        ),
      commit: () => faults.call('commit', process, () => transactions.end(identity, 'committed')),
      abort: () => faults.call('abort', process, () => transactions.end(identity, 'aborted')),
      close: async () => undefined,
    });
    return this.#keep(producer);
  }

  async producer(): Promise<Producer> {
    const { faults, topics, clock } = this.#broker;
    let closed = false;
    await this.#process.running();
    return {
      send: async (records) => {
        if (closed) throw new TailraceError('the producer is closed', { code: 'kafka.closed', remedy: 'reconnect' });
        await faults.call('produce', this.#process, () => {
          for (const [log, batch] of topics.route(records)) log.append(batch, clock.now());
        });
      },
      close: async () => {
        closed = true;
      },
    };
  }

  async joinGroup(options: GroupOptions): Promise<GroupMembership> {
    const { faults, topics, clock } = this.#broker;
    const process = this.#process;
    const group = await faults.call('joinGroup', process, () => {
      for (const topic of options.topics) topics.get(topic);
      return this.#broker.group(options.groupId);
    });
    const nextMemberId = () => this.#broker.nextMemberId();
    const membership = await MemoryMembership.join({ group, clock, process, nextMemberId }, options);
    this.#keep({ close: () => membership.leave() });
    return membership;
  }

  async reader(options: ReaderOptions): Promise<Reader> {
    await this.#process.running();
    const { topics, clock } = this.#broker;
    return this.#keep(new MemoryReader({ topics, clock, process: this.#process }, options));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#made].map((made) => made.close()));
  }

  #keep<Made extends Closeable>(made: Made): Made {
    this.#made.add(made);
    return made;
  }
}
