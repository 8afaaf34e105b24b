import { setTimeout as sleep } from 'node:timers/promises';

export interface RetryOptions {
  /** Whether the same call may be made again after this error. */
  readonly when: (error: unknown) => boolean;
  /** No new attempt begins after this, milliseconds. */
  readonly forMs: number;
  readonly signal: AbortSignal;
}

const firstPauseMs = 5;
const maxPauseMs = 500;

/**
 * Calls again after a pause that doubles. The first pause is short because the usual reason is a transaction whose
 * markers are being written, which takes a millisecond or two.
 *
 * @throws the last error.
 */
export async function retry<Result>(options: RetryOptions, attempt: () => Promise<Result>): Promise<Result> {
  const deadline = performance.now() + options.forMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, maxPauseMs)) {
    try {
      return await attempt();
    } catch (error) {
      if (options.signal.aborted || !options.when(error) || performance.now() + pauseMs > deadline) throw error;
    }
    await sleep(pauseMs, undefined, { signal: options.signal }).catch(() => undefined);
  }
}
