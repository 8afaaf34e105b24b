import type { LogLine } from '../contract/generated.ts';
import type { CursorRange } from './stream-parts.ts';

/** Takes the lines of a range. */
export interface RangeSink {
  /** Called before the first line, and again where the range is asked for again after a lost connection. */
  readonly begin: () => void;
  readonly take: (lines: readonly LogLine[]) => void | Promise<void>;
}

/** The lines of a range cannot be had. */
export class FetchError extends Error {
  /** `fetch.invalid`, `fetch.failed` or `fetch.busy`, as the server sends it; `given_up` where nobody waits any more. */
  readonly code: string;

  constructor(code: string, detail: string) {
    super(detail);
    this.code = code;
  }
}

interface GapFetch extends CursorRange, RangeSink {
  /** Whether somebody still waits for it. */
  isWanted: boolean;
  readonly resolve: () => void;
  readonly reject: (error: FetchError) => void;
}

/**
 * The ranges that are asked of the server: one at a time, as it answers them, and again after a lost connection. The
 * answers do not say what they answer, so the first stays the first until its answer has ended.
 */
export class GapFetches {
  readonly #ask: (range: CursorRange) => void;
  #queue: GapFetch[] = [];
  #open = false;

  /** @param ask sends the question; called while the connection is open only */
  constructor(ask: (range: CursorRange) => void) {
    this.#ask = ask;
  }

  /** Resolves when every line of a range has been given to the sink. @throws {FetchError} when they cannot be had */
  add({ from, to }: CursorRange, { begin, take }: RangeSink): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ from, to, begin, take, isWanted: true, resolve, reject });
      if (this.#queue.length === 1) this.#askNext();
    });
  }

  /** The connection is open: what was not answered whole is asked for again. */
  opened(): void {
    this.#open = true;
    this.#askNext();
  }

  /** The connection is lost. */
  lost(): void {
    this.#open = false;
    this.#queue = this.#queue.filter(({ isWanted }) => isWanted);
  }

  take(lines: readonly LogLine[]): void | Promise<void> {
    const [first] = this.#queue;
    if (first?.isWanted) return first.take(lines);
  }

  /** Whether what comes now is for somebody. */
  get isWanted(): boolean {
    return this.#queue[0]?.isWanted === true;
  }

  ended(): void {
    this.#queue.shift()?.resolve();
    this.#askNext();
  }

  failed(code: string, detail: string): void {
    this.#queue.shift()?.reject(new FetchError(code, detail));
    this.#askNext();
  }

  /** Nobody waits for any of them any more. */
  giveUp(reason: string): void {
    for (const each of this.#queue) {
      each.isWanted = false;
      each.reject(new FetchError('given_up', reason));
    }
    this.#queue = this.#open ? this.#queue.slice(0, 1) : [];
  }

  #askNext(): void {
    const [next] = this.#queue;
    if (!next || !this.#open) return;
    next.begin();
    this.#ask(next);
  }
}
