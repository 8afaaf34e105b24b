import type { HttpServer } from '@tailrace/http/server.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import type { Metrics } from '@tailrace/telemetry/metrics.ts';
import type { Extensions } from './extensions.ts';

/** What every role is given. A role run from another program's code is given the same things by that program. */
export interface RoleDeps {
  readonly kafka: Kafka;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** What the installation brings besides what Tailrace comes with; nothing when left out. */
  readonly extensions?: Extensions | undefined;
}

/** What a role that serves HTTP is given besides: the server to register on. The role does not listen by itself. */
export interface HttpRoleDeps extends RoleDeps {
  readonly http: HttpServer;
}

export type Readiness = { readonly ready: true } | { readonly ready: false; readonly reason: string };

/** A role at work. */
export interface RunningRole {
  readonly name: string;
  /** Whether it does its job now, and if not, why, in words for /readyz. */
  readiness(): Readiness;
  /** What it needs besides Kafka and does not get now, in words; undefined when it has all. `readiness` says so too. */
  lacking?(): string | undefined;
  /** Finishes what is in flight, commits, releases its partitions and closes what it opened. Prompt and idempotent. */
  stop(): Promise<void>;
  /** Rejects when the role cannot continue (not for what it retries); the process should stop and be restarted. */
  readonly failed: Promise<never>;
}
