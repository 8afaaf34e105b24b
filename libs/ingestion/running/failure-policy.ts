import { type BackoffTimes, backoffMs } from '@tailrace/errors/backoff-time.ts';
import { messageOf, TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import type { RequestLimiter } from '../asking/request-limiter.ts';
import { ConnectorError } from '../contract/connector-error.ts';
import type { ConnectionReport, RunPart } from '../reporting/connection-report.ts';
import type { IngestMetrics } from '../reporting/ingest-metrics.ts';

export interface FailurePolicyOptions {
  readonly limiter: RequestLimiter;
  readonly report: ConnectionReport;
  readonly metrics: IngestMetrics;
  readonly logger: Logger;
  /** For what passes by itself. */
  readonly retry?: BackoffTimes | undefined;
  /** For what a person must mend: it may have been mended at the provider, where we do not learn of it. */
  readonly recheck?: BackoffTimes | undefined;
}

const defaultRetry: BackoffTimes = { initialMs: 1000, maxMs: 60_000 };
const defaultRecheck: BackoffTimes = { initialMs: 30_000, maxMs: 600_000 };

/** What to do after a source failed, for one part of a run. A failure never moves the checkpoint: it only costs time. */
export class FailurePolicy {
  readonly #options: FailurePolicyOptions;
  readonly #part: RunPart;
  #failures = 0;

  constructor(part: RunPart, options: FailurePolicyOptions) {
    this.#part = part;
    this.#options = options;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#options.report.succeeded(this.#part);
  }

  /**
   * Notes the failure where people and machines see it.
   * @returns how long to wait before the next try, milliseconds.
   */
  failed(error: unknown): number {
    const { report, metrics, limiter, logger } = this.#options;
    const code = error instanceof TailraceError ? error.code : 'connector.failed';
    metrics.failure(code);
    const throttled = error instanceof ConnectorError && error.failure === 'throttled';
    if (throttled) report.statistics.throttles += 1;
    else report.statistics.errors += 1;
    // The limiter holds back every connection of the same quota, this one too.
    const waitMs = throttled ? limiter.throttled(error.retryAfterMs) : this.#backoffMs(error);
    report.failed(this.#part, error, waitMs);
    const level = throttled ? 'info' : 'warn';
    const fields = { err: error, part: this.#part, retryInMs: Math.round(waitMs) };
    logger[level](fields, `the source failed: ${messageOf(error)}`);
    return waitMs;
  }

  #backoffMs(error: unknown): number {
    const { retry = defaultRetry, recheck = defaultRecheck } = this.#options;
    const givesUp = error instanceof TailraceError && error.remedy === 'give-up';
    const waitMs = backoffMs(this.#failures, givesUp ? recheck : retry);
    this.#failures += 1;
    const asked = error instanceof TailraceError ? (error.retryAfterMs ?? 0) : 0;
    return Math.max(asked, waitMs);
  }
}
