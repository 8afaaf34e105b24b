import { setTimeout as delay } from 'node:timers/promises';

export interface BackoffOptions {
  readonly initialMs: number;
  readonly maxMs: number;
}

/** Exponential back-off with full jitter, so that tasks that failed together do not come back together. */
export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** Call after success: the next failure waits the initial time again. */
  reset(): void {
    this.#failures = 0;
  }

  /** Waits for the next turn, at least `atLeastMs`; resolves early, without an error, when the signal aborts. */
  async wait(signal: AbortSignal, atLeastMs = 0): Promise<void> {
    const ceiling = Math.min(this.#options.maxMs, this.#options.initialMs * 2 ** this.#failures);
    this.#failures += 1;
    const ms = Math.max(atLeastMs, (ceiling * (1 + Math.random())) / 2);
    await delay(ms, undefined, { signal }).catch(() => undefined);
  }
}
