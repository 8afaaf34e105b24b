export interface Rate {
  /** How many may go at once after a quiet time. */
  readonly burst: number;
  readonly perMinute: number;
}

/** How many of something (messages to a channel, frames of a client) may go now, so that there are no more than a rate. */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #at: number;

  /** @param now milliseconds, as in every call. */
  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#at = now;
  }

  /** Whole tokens that may go now. */
  available(now: number): number {
    this.#refill(now);
    return Math.floor(this.#tokens);
  }

  /** @throws Error when none may go. */
  take(now: number): void {
    if (this.available(now) < 1) throw new Error('the bucket is empty');
    this.#tokens -= 1;
  }

  /** When the next one may go; not later than `now` when one may already. */
  nextAt(now: number): number {
    this.#refill(now);
    return this.#tokens >= 1 ? now : Math.ceil(now + ((1 - this.#tokens) * 60_000) / this.#rate.perMinute);
  }

  /** A clock that was set back gives nothing and takes nothing. */
  #refill(now: number): void {
    const elapsed = Math.max(0, now - this.#at);
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + (elapsed * this.#rate.perMinute) / 60_000);
    // Halves of tokens are lost to rounding otherwise, and a bucket that was waited for would still be empty.
    if (Math.abs(this.#tokens - Math.round(this.#tokens)) < 1e-9) this.#tokens = Math.round(this.#tokens);
    this.#at = now;
  }
}
