/** Interrupts a waiting task through its signal, once for any number of rings. */
export class Alarm {
  readonly #stop: AbortSignal;
  #ring = new AbortController();
  #signal: AbortSignal;

  /** @param stop interrupts too, for good. */
  constructor(stop: AbortSignal) {
    this.#stop = stop;
    this.#signal = AbortSignal.any([stop, this.#ring.signal]);
  }

  /** To wait with until the next `rang`. */
  get signal(): AbortSignal {
    return this.#signal;
  }

  ring(): void {
    this.#ring.abort();
  }

  /** Whether it rang since the last time this was asked. */
  rang(): boolean {
    if (!this.#ring.signal.aborted) return false;
    this.#ring = new AbortController();
    this.#signal = AbortSignal.any([this.#stop, this.#ring.signal]);
    return true;
  }
}
