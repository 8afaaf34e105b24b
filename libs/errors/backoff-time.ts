/** Between which times to wait after failures in a row. */
export interface BackoffTimes {
  readonly initialMs: number;
  readonly maxMs: number;
}

/**
 * Exponential back-off with jitter: a time between half of a ceiling and all of it, where the ceiling doubles with each
 * failure. So those that failed together do not come back together, and none comes back at once.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ ("equal jitter").
 *
 * @param failures in a row before this one. @param random 0 to 1.
 * @returns milliseconds.
 */
export function backoffMs(failures: number, { initialMs, maxMs }: BackoffTimes, random = Math.random()): number {
  return (Math.min(maxMs, initialMs * 2 ** failures) * (1 + random)) / 2;
}
