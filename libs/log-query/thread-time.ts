/** The longest piece of work that everything else in the process waits for, milliseconds. */
const sliceMs = 5;
/**
 * How much of a topic is decoded at once while reading the past, bytes: about a slice. What one fetch brings beyond it is
 * decoded by the next polls.
 */
export const bytesPerSlice = 128 * 1024;
/** Shares that are remembered before those that no longer matter are swept out. */
const sweepAbove = 256;

/**
 * A JavaScript thread, shared out among projects. Long synchronous work (matching lines, decoding them,
 * backtests) is done in slices of a few milliseconds, and asks for each next one here: one slice a turn of the event loop,
 * so that requests, sockets and timers come in between, and always to the waiting project that has had the least time. A
 * project that asks for ten times as much gets no more than its equal share while others want some, and all of it while
 * none does.
 *
 * The shares are those of the completely fair scheduler: a project that comes, or comes back, begins level with the one that was
 * served last, neither with a debt nor with a claim on the time it did not use.
 */
export class ThreadTime {
  /** Milliseconds that each project has had, counted from a common beginning. */
  readonly #used = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();
  /** What the project that was served last had then: nobody who waits has less, but for those who had less already. */
  #level = 0;
  #pumping = false;

  /** Resolves when it is this project's turn for a slice. */
  next(project: string): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(project);
      if (waiting) waiting.push(resolve);
      else {
        this.#waiting.set(project, [resolve]);
        this.#used.set(project, Math.max(this.#level, this.#used.get(project) ?? 0));
      }
      if (this.#pumping) return;
      this.#pumping = true;
      setImmediate(this.#pump);
    });
  }

  /** Charges a project for time it has used. */
  spent(project: string, milliseconds: number): void {
    this.#used.set(project, Math.max(this.#level, this.#used.get(project) ?? 0) + milliseconds);
    if (this.#used.size > sweepAbove) this.#sweep();
  }

  readonly #pump = (): void => {
    let next: string | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const project of this.#waiting.keys()) {
      const used = this.#used.get(project) ?? 0;
      if (used >= least) continue;
      least = used;
      next = project;
    }
    const waiting = next === undefined ? undefined : this.#waiting.get(next);
    if (next === undefined || !waiting) {
      this.#pumping = false;
      return;
    }
    this.#level = Math.max(this.#level, least);
    const resolve = waiting.shift();
    // At the end of those who wait: among equals the one who waits longest is next.
    this.#waiting.delete(next);
    if (waiting.length > 0) this.#waiting.set(next, waiting);
    setImmediate(this.#pump);
    resolve?.();
  };

  /** A project that is level anyhow need not be remembered. */
  #sweep(): void {
    for (const [project, used] of this.#used) {
      if (used <= this.#level && !this.#waiting.has(project)) this.#used.delete(project);
    }
  }
}

/** Each thread has modules of its own, and so one of these. */
const threadTime = new ThreadTime();

/**
 * A long piece of work on behalf of a project. It looks at `isOver` between its steps and then awaits `rest()`:
 *
 *     for (const line of lines) {
 *       if (slice.isOver) await slice.rest();
 *       …
 *     }
 *     slice.end();
 */
export class Slice {
  readonly #project: string;
  readonly #time: ThreadTime;
  #began = performance.now();

  constructor(project: string, time: ThreadTime = threadTime) {
    this.#project = project;
    this.#time = time;
  }

  /** Whether others are to be let in now. */
  get isOver(): boolean {
    return performance.now() - this.#began >= sliceMs;
  }

  /** Lets others in, and resolves when this project may go on. */
  async rest(): Promise<void> {
    this.end();
    await this.turn();
  }

  /** Resolves when it is this project's turn. For after a wait for something else, whose time is nobody's. */
  async turn(): Promise<void> {
    await this.#time.next(this.#project);
    this.#began = performance.now();
  }

  /** Charges what was used since the slice began. To be called before waiting for anything else, and `begin` after it. */
  end(): void {
    const now = performance.now();
    this.#time.spent(this.#project, now - this.#began);
    this.#began = now;
  }

  begin(): void {
    this.#began = performance.now();
  }
}

/** The items that pass a test, found in slices of the project's share of the thread. */
export async function filterInSlices<Item>(
  project: string,
  items: readonly Item[],
  passes: (item: Item) => boolean,
  signal?: AbortSignal,
): Promise<Item[]> {
  const slice = new Slice(project);
  const found: Item[] = [];
  for (const item of items) {
    if (slice.isOver) {
      await slice.rest();
      signal?.throwIfAborted();
    }
    if (passes(item)) found.push(item);
  }
  slice.end();
  return found;
}
