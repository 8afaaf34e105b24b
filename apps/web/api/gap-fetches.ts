import type { CursorRange } from './frames.ts';
import type { LogLine } from './generated.ts';

interface GapFetch extends CursorRange {
  /** Whether somebody still waits for it. */
  isWanted: boolean;
  readonly lines: LogLine[];
  readonly resolve: (lines: readonly LogLine[]) => void;
  readonly reject: (error: Error) => void;
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

  /** The lines of a range. @throws when they cannot be had */
  add({ from, to }: CursorRange): Promise<readonly LogLine[]> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ from, to, isWanted: true, lines: [], resolve, reject });
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

  take(lines: readonly LogLine[]): void {
    for (const line of lines) this.#queue[0]?.lines.push(line);
  }

  /** Whether what comes now is for somebody. */
  get isWanted(): boolean {
    return this.#queue[0]?.isWanted === true;
  }

  ended(): void {
    const done = this.#queue.shift();
    done?.resolve(done.lines);
    this.#askNext();
  }

  failed(reason: string): void {
    this.#queue.shift()?.reject(new Error(reason));
    this.#askNext();
  }

  /** Nobody waits for any of them any more. */
  giveUp(reason: string): void {
    for (const each of this.#queue) {
      each.isWanted = false;
      each.reject(new Error(reason));
    }
    this.#queue = this.#open ? this.#queue.slice(0, 1) : [];
  }

  #askNext(): void {
    const [next] = this.#queue;
    if (!next || !this.#open) return;
    next.lines.length = 0;
    this.#ask(next);
  }
}
