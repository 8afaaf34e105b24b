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
