import type { Logger } from '@tailrace/telemetry/logger.ts';
import type { ProviderClock } from '../asking/provider-clock.ts';
import type { RequestLimiter } from '../asking/request-limiter.ts';
import type { ConfiguredConnector } from '../contract/configure.ts';
import type { Source } from '../contract/connector.ts';
import type { SweepSchedule } from '../coverage/sweep-schedule.ts';
import type { ConnectionReport } from '../reporting/connection-report.ts';
import type { IngestMetrics } from '../reporting/ingest-metrics.ts';
import type { Checkpoint } from '../storing/checkpoint.ts';
import type { EventWriter } from '../storing/event-writer.ts';
import type { FailurePolicy } from './failure-policy.ts';
import type { Wakeup } from './wakeup.ts';

/** What asking a source takes. */
export interface RequestContext {
  readonly configured: ConfiguredConnector;
  readonly source: Source;
  readonly clock: ProviderClock;
  readonly limiter: RequestLimiter;
  readonly report: ConnectionReport;
  readonly metrics: IngestMetrics;
  readonly logger: Logger;
  /** Aborts when the run ends. */
  readonly signal: AbortSignal;
}

/** What the parts of one connection's run share. */
export interface RunContext extends RequestContext {
  readonly checkpoint: Checkpoint;
  readonly schedule: SweepSchedule;
  readonly eventWriter: EventWriter;
  readonly failures: { readonly live: FailurePolicy; readonly rest: FailurePolicy; readonly rewind: FailurePolicy };
  /** Rings when the newest events are to be swept at once. */
  readonly liveDemanded: Wakeup;
}
