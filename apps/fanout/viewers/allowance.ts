/** A token bucket of one client's messages: so many a second, with ten seconds' worth at once. */
export class Allowance {
  readonly #perSecond: number;
  #left: number;
  #at = performance.now();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond * 10;
  }

  take(): boolean {
    const now = performance.now();
    this.#left = Math.min(this.#perSecond * 10, this.#left + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
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
