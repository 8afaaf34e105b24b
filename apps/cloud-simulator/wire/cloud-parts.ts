import type { Clock } from '../clock.ts';
import type { FaultInjector } from '../faults/fault-injector.ts';
import type { EventStore } from '../store/event-store.ts';
import type { Ledger } from '../store/ledger.ts';
import type { RequestLog } from './request-log.ts';

/** What each simulated cloud is given. */
export interface CloudParts {
  /** The address it listens on. */
  readonly host: string;
  /** The name by which clients reach it; in the addresses it gives and on its certificate. */
  readonly hostname: string;
  readonly clock: Clock;
  readonly faults: FaultInjector;
  readonly requests: RequestLog;
  readonly store: EventStore;
  readonly ledger: Ledger;
  /** Whether the cloud's request quotas are enforced. */
  readonly quotas: boolean;
}
