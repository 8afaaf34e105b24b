import { TokenBucket } from '@tailrace/http/limits/token-bucket.ts';

/** One client's messages: so many a second, with ten seconds' worth at once. */
export class Allowance {
  readonly #bucket: TokenBucket;

  constructor(perSecond: number) {
    this.#bucket = new TokenBucket({ burst: perSecond * 10, perMinute: perSecond * 60 }, performance.now());
  }

  /** @returns whether there was one left. */
  take(): boolean {
    const now = performance.now();
    if (this.#bucket.available(now) < 1) return false;
    this.#bucket.take(now);
    return true;
  }
}

/** Allowances that all sockets of one token share. Kept as long as it has one. */
export class SharedAllowances {
  readonly #perSecond: number;
  readonly #shared = new Map<string, { readonly allowance: Allowance; users: number }>();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  join(subject: string): Allowance {
    const shared = this.#shared.get(subject) ?? { allowance: new Allowance(this.#perSecond), users: 0 };
    shared.users += 1;
    this.#shared.set(subject, shared);
    return shared.allowance;
  }

  leave(subject: string): void {
    const shared = this.#shared.get(subject);
    if (!shared) return;
    shared.users -= 1;
    if (shared.users === 0) this.#shared.delete(subject);
  }
}
