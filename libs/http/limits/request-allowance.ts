const windowMs = 60_000;
/** Callers that are counted separately in one window: a bound of memory. Beyond it the one that came first is forgotten. */
const maxCallers = 100_000;

interface Window {
  readonly endsAt: number;
  requests: number;
}

/** Requests a minute of each caller, in fixed windows, whatever becomes of the request: requests and upgrades alike. */
export class RequestAllowance {
  readonly #perMinute: number;
  readonly #windows = new Map<string, Window>();

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** Counts a request. @returns how long the caller must wait, ms; undefined when it may go on. */
  take(key: string, now: number = performance.now()): number | undefined {
    let window = this.#windows.get(key);
    if (window === undefined || window.endsAt <= now) {
      this.#windows.delete(key);
      this.#forgetOld(now);
      window = { endsAt: now + windowMs, requests: 0 };
      this.#windows.set(key, window);
    }
    window.requests++;
    return window.requests > this.#perMinute ? window.endsAt - now : undefined;
  }

  /** The map is in the order in which windows began, which is that of their ends. */
  #forgetOld(now: number): void {
    for (const [key, { endsAt }] of this.#windows) {
      if (endsAt > now && this.#windows.size < maxCallers) return;
      this.#windows.delete(key);
    }
  }
}
