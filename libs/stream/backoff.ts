import { setTimeout as delay } from 'node:timers/promises';
import { type BackoffTimes, backoffMs } from '@tailrace/errors/backoff-time.ts';

/** Waits with exponential back-off after failures in a row. */
export class Backoff {
  readonly #times: BackoffTimes;
  #failures = 0;

  constructor(times: BackoffTimes) {
    this.#times = times;
  }

  /** Call after success: the next failure waits the initial time again. */
  reset(): void {
    this.#failures = 0;
  }

  /** Waits for the next turn, at least `atLeastMs`; resolves early, without an error, when the signal aborts. */
  async wait(signal: AbortSignal, atLeastMs = 0): Promise<void> {
    const ms = Math.max(atLeastMs, backoffMs(this.#failures, this.#times));
    this.#failures += 1;
    await delay(ms, undefined, { signal }).catch(() => undefined);
  }
}
