import { backoffMs } from '@tailrace/errors/backoff-time.ts';

const retryTimes = { initialMs: 1000, maxMs: 5 * 60_000 };

/**
 * When a message that did not get through is tried again: exponential back-off with jitter, and never before the other
 * side asked for it.
 * @param attempts begun so far, at least 1. @param random 0 to 1.
 * @returns milliseconds since the epoch.
 */
export function retryAt(
  now: number,
  attempts: number,
  retryAfterMs: number | undefined,
  random = Math.random(),
): number {
  return now + Math.max(retryAfterMs ?? 0, Math.ceil(backoffMs(attempts - 1, retryTimes, random)));
}
