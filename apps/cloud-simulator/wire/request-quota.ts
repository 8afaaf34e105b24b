import type { Clock } from '../clock.ts';

/** A cloud's request quota: so many in any span of `perMs`, for each key (account and region, user, project). */
export class RequestQuota {
  readonly #clock: Clock;
  readonly #requests: number;
  readonly #perMs: number;
  readonly #admitted = new Map<string, number[]>();

  constructor(clock: Clock, requests: number, perMs: number) {
    this.#clock = clock;
    this.#requests = requests;
    this.#perMs = perMs;
  }

  /** Counts the request and answers 0, or answers how many milliseconds too early it came. */
  admit(key: string): number {
    const now = this.#clock.now();
    const recent = (this.#admitted.get(key) ?? []).filter((at) => at > now - this.#perMs);
    this.#admitted.set(key, recent);
    if (recent.length >= this.#requests) return Math.max(1, recent[0]! + this.#perMs - now);
    recent.push(now);
    return 0;
  }
}
