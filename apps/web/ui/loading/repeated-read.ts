export interface RepeatedReadOptions<Value> {
  readonly read: (signal: AbortSignal) => Promise<Value>;
  /** How long after an answer the next is asked for; left out: only on request. */
  readonly everyMs: number | undefined;
  /** Whether somebody can see it; while nobody can, nothing is asked for by itself. */
  readonly isSeen: () => boolean;
  readonly onValue: (value: Value) => void;
  readonly onProblem: (error: unknown) => void;
}

/** Reads now, again and again, and on request. The last question alone is answered: an older one may come back with what was true before. */
export class RepeatedRead<Value> {
  readonly #options: RepeatedReadOptions<Value>;
  #reading = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: RepeatedReadOptions<Value>) {
    this.#options = options;
    this.readNow();
  }

  readNow(): void {
    this.stop();
    this.#reading = new AbortController();
    void this.#read(this.#reading.signal);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#reading.abort();
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { read, onValue, onProblem, everyMs } = this.#options;
    try {
      const value = await read(signal);
      if (signal.aborted) return;
      onValue(value);
    } catch (error) {
      if (signal.aborted) return;
      onProblem(error);
    }
    if (everyMs !== undefined) this.#wait(everyMs);
  }

  #wait(everyMs: number): void {
    this.#timer = setTimeout(() => (this.#options.isSeen() ? this.readNow() : this.#wait(everyMs)), everyMs);
  }
}
