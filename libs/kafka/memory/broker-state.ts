import type { Clock } from './clock.ts';
import type { Faults } from './faults.ts';
import type { Group } from './group.ts';
import type { TopicStore } from './topic-store.ts';
import type { TransactionCoordinator } from './transaction-coordinator.ts';

/** What the clients of one in-memory broker share. */
export interface BrokerState {
  readonly clock: Clock;
  readonly topics: TopicStore;
  readonly transactions: TransactionCoordinator;
  readonly faults: Faults;
  readonly groups: Map<string, Group>;
  /** The group of this id, made when there is none. */
  group(groupId: string): Group;
  nextMemberId(): string;
}
