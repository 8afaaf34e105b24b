import type { Logger } from '@tailrace/telemetry/logger.ts';
import type { Alarm } from './alarm.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { ConfiguredConnector } from './configure.ts';
import type { ConnectionReport } from './connection-report.ts';
import type { Source } from './connector.ts';
import type { Emission } from './emission.ts';
import type { FailurePolicy } from './failure-policy.ts';
import type { IngestMetrics } from './ingest-metrics.ts';
import type { ProviderClock } from './provider-clock.ts';
import type { RequestLimiter } from './request-limiter.ts';
import type { SweepSchedule } from './sweep-schedule.ts';

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
  readonly emission: Emission;
  readonly failures: { readonly live: FailurePolicy; readonly rest: FailurePolicy; readonly rewind: FailurePolicy };
  /** Rings when the newest events are to be swept at once. */
  readonly liveDemanded: Alarm;
}
