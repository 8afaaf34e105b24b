import type { LogLine } from '@tailrace/http/contract/generated.ts';

/** Lines that are held, at most, and their text together, characters. */
const mostLines = 100_000;
const mostCharacters = 64 * 1024 * 1024;

/**
 * Puts lines into the order of their times. They come in the order of their arrival, from several partitions, which is
 * nearly that of their times: so some are held back, and what is older than all that is held goes out. What is out of
 * place by more than what is held stays so, and is counted.
 */
export class TimeOrder {
  readonly #put: (lines: readonly LogLine[]) => Promise<void>;
  readonly #mostLines: number;
  #held: LogLine[] = [];
  #characters = 0;
  #last = '';
  #misplaced = 0;

  /** @param put takes lines in order; the next come when it resolves. */
  constructor(put: (lines: readonly LogLine[]) => Promise<void>, most = mostLines) {
    this.#put = put;
    this.#mostLines = most;
  }

  /** Lines that went out after a later one. */
  get misplaced(): number {
    return this.#misplaced;
  }

  async add(lines: readonly LogLine[]): Promise<void> {
    for (const line of lines) {
      this.#held.push(line);
      this.#characters += line.body.length;
    }
    if (this.#held.length > this.#mostLines || this.#characters > mostCharacters)
      await this.#release(this.#held.length >> 1);
  }

  /** Everything that is held. */
  async end(): Promise<void> {
    await this.#release(this.#held.length);
  }

  async #release(count: number): Promise<void> {
    // Times of one form and zone stand in the order of their letters, down to the nanosecond.
    this.#held.sort((one, other) => compare(one.timestamp, other.timestamp) || compare(one.id, other.id));
    const out = this.#held.splice(0, count);
    for (const { timestamp, body } of out) {
      this.#characters -= body.length;
      if (timestamp < this.#last) this.#misplaced += 1;
      else this.#last = timestamp;
    }
    if (out.length > 0) await this.#put(out);
  }
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
