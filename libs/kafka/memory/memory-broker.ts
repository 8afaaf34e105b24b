import type { Kafka } from '../kafka.ts';
import type { BrokerState } from './broker-state.ts';
import { type Clock, systemClock } from './clock.ts';
import { type Fault, Faults, type PendingFault } from './faults.ts';
import { Group, type RebalanceProtocol } from './group.ts';
import { MemoryKafka } from './memory-kafka.ts';
import { ClientProcess } from './process.ts';
import { TopicStore } from './topic-store.ts';
import { TransactionCoordinator } from './transaction-coordinator.ts';

export interface MemoryBrokerOptions {
  /** Real time when left out. */
  readonly clock?: Clock;
  /** Default `eager`. */
  readonly rebalanceProtocol?: RebalanceProtocol;
  /** When the coordinator aborts a transaction nobody ends. Default 60000. */
  readonly transactionTimeoutMs?: number;
}

/** How a client stops. */
export interface StopOptions {
  /** Whether its groups go on without it at once; otherwise its sessions run out by the clock. Default true. */
  readonly expireSessions?: boolean;
}

/** A Kafka broker in memory, and what a test may do to it and to its clients. */
export interface MemoryBroker {
  /** A client of its own, as another process would be. */
  connect(): Kafka;
  /** The next such call, of this client or of any, fails. */
  failNext(fault: Fault, client?: Kafka): PendingFault;
  /** The process dies: nothing it does from now on takes effect, and its open transactions stay open. */
  crashClient(client: Kafka, options?: StopOptions): void;
  /** SIGSTOP: every call waits. */
  pauseClient(client: Kafka, options?: StopOptions): void;
  /** SIGCONT: the calls go on, and find out whether somebody took over. */
  resumeClient(client: Kafka): void;
  expireSessions(client: Kafka): void;
  /** Deletes what lies before the offset, as retention does. */
  truncate(topic: string, partition: number, offset: number): void;
}

/**
 * A broker that keeps Kafka's rules (transactions, fencing, groups, control records, truncation) and nothing of its
 * machinery, so that a topology can be run, killed and checked in milliseconds. It passes the drivers' conformance suite.
 */
export function memoryBroker(options: MemoryBrokerOptions = {}): MemoryBroker {
  const { clock = systemClock, rebalanceProtocol = 'eager', transactionTimeoutMs = 60_000 } = options;
  const processes = new WeakMap<Kafka, ClientProcess>();
  const groups = new Map<string, Group>();
  const topics = new TopicStore((name) => {
    for (const group of groups.values()) group.topicChanged(name);
  });
  let members = 0;
  const state: BrokerState = {
    clock,
    topics,
    groups,
    transactions: new TransactionCoordinator(clock, transactionTimeoutMs),
    faults: new Faults((process) => crash(process)),
    group(groupId) {
      const group = groups.get(groupId) ?? new Group(topics, clock, rebalanceProtocol);
      groups.set(groupId, group);
      return group;
    },
    nextMemberId() {
      members += 1;
      return `member-${members}`;
    },
  };

  function processOf(client: Kafka): ClientProcess {
    const process = processes.get(client);
    if (!process) throw new Error('this client belongs to another broker');
    return process;
  }

  function crash(process: ClientProcess, { expireSessions = true }: StopOptions = {}): void {
    process.crash();
    if (expireSessions) process.expireSessions();
  }

  return {
    connect() {
      const process = new ClientProcess();
      const kafka = new MemoryKafka(state, process);
      processes.set(kafka, process);
      return kafka;
    },
    failNext: (fault, client) => state.faults.arm(fault, client && processOf(client)),
    crashClient: (client, how) => crash(processOf(client), how),
    pauseClient(client, { expireSessions = true } = {}) {
      processOf(client).pause();
      if (expireSessions) processOf(client).expireSessions();
    },
    resumeClient: (client) => processOf(client).resume(),
    expireSessions: (client) => processOf(client).expireSessions(),
    truncate: (topic, partition, offset) => topics.log({ topic, partition }).truncate(offset),
  };
}
