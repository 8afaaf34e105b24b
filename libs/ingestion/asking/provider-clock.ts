/** An observation counts for at least this long, and at most twice as long, milliseconds. */
const windowMs = 300_000;

/**
 * The provider's clock as far as its answers show it. What a completed sweep proves is said in the provider's time, so a
 * machine whose clock is an hour ahead must not think that it has seen what the provider has yet to take in.
 *
 * An answer dated p arrived at b: the provider's clock was at least p then, so it runs at least p − b before ours. The
 * greatest such difference of the last minutes is used, which is never ahead of the truth. Differences are to a
 * monotonic clock: stepping this machine's time changes nothing. Where a provider gives no time, ours is used.
 */
export class ProviderClock {
  #current: { readonly since: number; readonly offset: number } | undefined;
  #previous: { readonly since: number; readonly offset: number } | undefined;

  /** Now by the provider's clock, microseconds since the epoch. */
  now(): number {
    return this.at(monotonicMicros());
  }

  /** The provider's time at a moment of `monotonicMicros`. */
  at(moment: number): number {
    const offset = Math.max(this.#current?.offset ?? -Infinity, this.#previous?.offset ?? -Infinity);
    return Math.floor(Number.isFinite(offset) ? moment + offset : moment + Date.now() * 1000 - monotonicMicros());
  }

  /** Whether the provider has ever given its time. */
  get isKnown(): boolean {
    return this.#current !== undefined;
  }

  /** @param providerTime that an answer which has just arrived bears, microseconds. */
  observe(providerTime: number): void {
    const moment = monotonicMicros();
    const offset = providerTime - moment;
    if (this.#current === undefined || moment - this.#current.since > windowMs * 1000) {
      this.#previous = this.#current;
      this.#current = { since: moment, offset };
    } else if (offset > this.#current.offset) {
      this.#current = { since: this.#current.since, offset };
    }
  }
}

/** A clock that nobody sets, microseconds. */
export function monotonicMicros(): number {
  return performance.now() * 1000;
}
