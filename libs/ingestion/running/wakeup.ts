/** A wait that somebody else can end. */
export class Wakeup {
  #ring: (() => void) | undefined;
  #rung = false;

  /** Ends the present wait, or the next one. */
  ring(): void {
    this.#rung = true;
    this.#ring?.();
  }

  /** Resolves after `ms`, when it rings, or when the signal aborts. One wait at a time. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted) await this.#sleep(ms, signal);
    this.#rung = false;
  }

  #sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', finish);
        this.#ring = undefined;
        resolve();
      };
      const timer = setTimeout(finish, Math.min(Math.max(ms, 0), 2 ** 31 - 1));
      signal.addEventListener('abort', finish, { once: true });
      this.#ring = finish;
    });
  }
}
