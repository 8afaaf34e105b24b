import { backoffMs } from '@tailrace/errors/backoff-time.ts';
/** What one side takes. */
export interface RequestLimit {
  /** Requests begun within any `perMs`; unlimited when infinite. */
  readonly requests: number;
  readonly perMs: number;
  /** Requests at once; unlimited when left out. */
  readonly concurrency?: number | undefined;
}

export interface RequestOptions<Result> {
  /** Goes before those that are not, three times out of four. */
  readonly urgent: boolean;
  /** Ends the waiting; a request that has begun is its own business. */
  readonly signal: AbortSignal;
  /** Whether the call asked the provider at all. A call that did not gives its turn back. Default: it did. */
  readonly counts?: (result: Result) => boolean;
}

interface Waiter {
  readonly urgent: boolean;
  readonly begin: (now: number) => void;
}

/** The part of the limit that requests which are not urgent may take: the rest is kept free for those that are. */
const restShare = 0.75;
/** While others wait, one after this many urgent requests is theirs. */
const urgentInARow = 3;
/** The provider sees our requests closer together, or further apart, than we sent them. */
const windowMargin = 1.05;
/**
 * A share that grows does so a window later, a second at most: the process that had the part before may have used it up just now.
 */
const maxRiseMs = 1000;
const throttledTimes = { initialMs: 1000, maxMs: 60_000 };

/**
 * Spaces requests so that the provider never sees more than it takes. A sliding window and not a token bucket: a bucket
 * that is full lets twice the limit pass within one window.
 */
export class RequestLimiter {
  readonly #limit: RequestLimit;
  #share: number;
  #rise: { readonly share: number; readonly at: number } | undefined;
  readonly #waiting: Waiter[] = [];
  /** When the requests of the present window began, ascending; `performance.now()`. */
  readonly #begun: number[] = [];
  #active = 0;
  /** Urgent requests that went before others since one of those had its turn. */
  #urgentBefore = 0;
  #blockedUntil = 0;
  #throttledInARow = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param share the part of the limit that is this process's, above 0: others ask the same provider. */
  constructor(limit: RequestLimit, share = 1) {
    this.#limit = limit;
    this.#share = share;
  }

  /** A smaller share holds at once, a greater one a window later. */
  setShare(share: number): void {
    if (share <= this.#share) {
      this.#share = share;
      this.#rise = undefined;
    } else if (share !== this.#rise?.share) {
      this.#rise = { share, at: performance.now() + Math.min(this.#limit.perMs, maxRiseMs) * windowMargin };
    }
    this.#pump();
  }

  /** What the provider takes, for people. */
  get limitInWords(): string {
    const { requests, perMs, concurrency } = this.#limit;
    const rate = Number.isFinite(requests) ? `${requests} requests every ${perMs / 1000} s` : undefined;
    const atOnce = concurrency === undefined ? undefined : `${concurrency} at once`;
    const taken = `the provider takes ${[rate, atOnce].filter(Boolean).join(' and ')} from all connections to this account`;
    return this.#share < 1 ? `${taken}, of which this process has ${Math.round(this.#share * 100)} %` : taken;
  }

  /** Runs the request when its turn has come. @throws the signal's reason when it aborts before that. */
  async run<Result>(request: () => Promise<Result>, options: RequestOptions<Result>): Promise<Result> {
    const begun = await this.#turn(options.urgent, options.signal);
    try {
      const result = await request();
      this.#throttledInARow = 0;
      if (options.counts?.(result) === false) this.#giveBack(begun);
      return result;
    } finally {
      this.#active -= 1;
      this.#pump();
    }
  }

  /**
   * The provider refused a request for their number: nothing is asked of it until then.
   * @param retryAfterMs what it said; a back-off that doubles while it goes on refusing, when it said nothing.
   * @returns how long that is, milliseconds.
   */
  throttled(retryAfterMs?: number): number {
    const waitMs = retryAfterMs ?? backoffMs(this.#throttledInARow, throttledTimes);
    this.#throttledInARow += 1;
    this.#blockedUntil = Math.max(this.#blockedUntil, performance.now() + waitMs);
    return waitMs;
  }

  /** @returns when it began. */
  #turn(urgent: boolean, signal: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const abort = () => {
        const index = this.#waiting.indexOf(waiter);
        if (index >= 0) this.#waiting.splice(index, 1);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        urgent,
        begin: (now) => {
          signal.removeEventListener('abort', abort);
          resolve(now);
        },
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.push(waiter);
      this.#pump();
    });
  }

  #pump(): void {
    clearTimeout(this.#timer);
    while (this.#waiting.length > 0) {
      const now = performance.now();
      if (this.#active >= this.#allowance(now).concurrency) return;
      const index = this.#next();
      const { urgent } = this.#waiting[index]!;
      const isTheirTurn = this.#urgentBefore >= urgentInARow;
      const waitMs = this.#waitMs(now, urgent || isTheirTurn);
      if (waitMs > 0) {
        const untilRise = this.#rise ? this.#rise.at - now : Number.POSITIVE_INFINITY;
        this.#timer = setTimeout(() => this.#pump(), Math.ceil(Math.min(waitMs, untilRise)));
        return;
      }
      this.#urgentBefore = urgent && this.#waiting.some((waiter) => !waiter.urgent) ? this.#urgentBefore + 1 : 0;
      this.#active += 1;
      if (Number.isFinite(this.#limit.requests)) this.#begun.push(now);
      this.#waiting.splice(index, 1)[0]!.begin(now);
    }
  }

  /** Who comes next, by their place among those who wait. */
  #next(): number {
    const wanted = this.#urgentBefore < urgentInARow;
    return Math.max(
      0,
      this.#waiting.findIndex(({ urgent }) => urgent === wanted),
    );
  }

  /** @param whole whether it may use the whole window. */
  #waitMs(now: number, whole: boolean): number {
    const { requests, perMs } = this.#allowance(now);
    const window = perMs * windowMargin;
    while (this.#begun.length > 0 && this.#begun[0]! <= now - window) this.#begun.shift();
    const allowed = whole ? requests : Math.max(1, Math.floor(requests * restShare));
    const crowding = this.#begun.at(-allowed);
    const forWindow = crowding === undefined ? 0 : crowding + window - now;
    return Math.max(forWindow, this.#blockedUntil - now);
  }

  /**
   * What this process may take: whole requests in the provider's window, so that all processes together stay within the
   * limit; where that is less than one, one in a longer time.
   */
  #allowance(now: number): { readonly requests: number; readonly perMs: number; readonly concurrency: number } {
    if (this.#rise && now >= this.#rise.at) {
      this.#share = this.#rise.share;
      this.#rise = undefined;
    }
    const { requests, perMs, concurrency = Number.POSITIVE_INFINITY } = this.#limit;
    const own = requests * this.#share;
    return {
      // A third of 15 is 5, whatever doubles make of it.
      requests: Math.max(1, Math.floor(own + 1e-9)),
      perMs: own < 1 ? perMs / own : perMs,
      concurrency: Math.max(1, Math.floor(concurrency * this.#share + 1e-9)),
    };
  }

  #giveBack(begun: number): void {
    const index = this.#begun.indexOf(begun);
    if (index >= 0) this.#begun.splice(index, 1);
  }
}

/** One limiter for each quota: the connections of this process to one account or project share it. */
export class LimiterPool {
  readonly #limiters = new Map<string, RequestLimiter>();
  readonly #unknownShare: number;
  #shares: ReadonlyMap<string, number> = new Map();

  /** @param unknownShare the part of a quota that is this process's where `setShares` has not said. */
  constructor(unknownShare = 1) {
    this.#unknownShare = unknownShare;
  }

  /** The first caller sets the numbers: they are the provider's and do not differ. */
  limiterOf(key: string, limit: RequestLimit): RequestLimiter {
    let limiter = this.#limiters.get(key);
    if (limiter === undefined) {
      const share = this.#shareOf(key);
      // Where others share the quota, one of them may have used up just now what is this process's from now on.
      limiter = new RequestLimiter(limit, share < 1 ? Math.min(share, this.#unknownShare) : share);
      limiter.setShare(share);
      this.#limiters.set(key, limiter);
    }
    return limiter;
  }

  /** The part of each quota that is this process's, by key, above 0: other processes have the rest. */
  setShares(shares: ReadonlyMap<string, number>): void {
    this.#shares = shares;
    for (const [key, limiter] of this.#limiters) limiter.setShare(this.#shareOf(key));
  }

  #shareOf(key: string): number {
    return this.#shares.get(key) ?? this.#unknownShare;
  }
}
