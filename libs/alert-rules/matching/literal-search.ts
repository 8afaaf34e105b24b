import { foldCode } from './fold.ts';

/**
 * Searches a text for any number of literals at once, whatever their case: an Aho–Corasick automaton as a table of
 * (state, class of character), so a character costs one look-up however many literals there are.
 */
export class LiteralSearch {
  /** Class of each ASCII code; 0 is what no literal has. */
  readonly #classes = new Uint8Array(128);
  readonly #width: number;
  readonly #next: Int32Array;
  /** What ends in each state, and in the states that its longest proper suffixes lead to. */
  readonly #found: readonly (readonly number[] | undefined)[];

  /** @param literals folded ASCII, not empty; one may stand there more than once. */
  constructor(literals: readonly string[]) {
    let width = 1;
    for (const literal of literals) {
      for (let at = 0; at < literal.length; at += 1) {
        const code = literal.charCodeAt(at);
        if (this.#classes[code] === 0) this.#classes[code] = width++;
      }
    }
    this.#width = width;
    const states = 1 + literals.reduce((sum, { length }) => sum + length, 0);
    const next = new Int32Array(states * width);
    const found: (number[] | undefined)[] = [undefined];
    let used = 1;
    for (const [index, literal] of literals.entries()) {
      let state = 0;
      for (let at = 0; at < literal.length; at += 1) {
        const edge = state * width + (this.#classes[literal.charCodeAt(at)] ?? 0);
        if (next[edge] === 0) {
          found.push(undefined);
          next[edge] = used++;
        }
        state = next[edge] ?? 0;
      }
      const here = found[state] ?? [];
      found[state] = here;
      here.push(index);
    }
    this.#complete(next, found, used);
    this.#next = next.slice(0, used * width);
    this.#found = found;
  }

  /** Calls back with the index of each literal each time it is found. */
  each(text: string, callback: (index: number) => void): void {
    const next = this.#next;
    const width = this.#width;
    const classes = this.#classes;
    const found = this.#found;
    let state = 0;
    for (let at = 0; at < text.length; at += 1) {
      const code = foldCode(text.charCodeAt(at));
      state = next[state * width + (code < 128 ? (classes[code] as number) : 0)] as number;
      const here = found[state];
      if (here) for (const index of here) callback(index);
    }
  }

  /** Breadth first: where a state has no edge, it goes where its longest proper suffix goes. */
  #complete(next: Int32Array, found: (readonly number[] | undefined)[], states: number): void {
    const width = this.#width;
    const suffix = new Int32Array(states);
    const queue = new Int32Array(states);
    let queued = 0;
    for (let edge = 0; edge < width; edge += 1) {
      const child = next[edge] ?? 0;
      if (child !== 0) queue[queued++] = child;
    }
    for (let at = 0; at < queued; at += 1) {
      const state = queue[at] ?? 0;
      const fallback = suffix[state] ?? 0;
      const inherited = found[fallback];
      if (inherited) found[state] = found[state] ? [...found[state], ...inherited] : inherited;
      for (let edge = 0; edge < width; edge += 1) {
        const child = next[state * width + edge] ?? 0;
        const other = next[fallback * width + edge] ?? 0;
        if (child === 0) next[state * width + edge] = other;
        else {
          suffix[child] = other;
          queue[queued++] = child;
        }
      }
    }
  }
}
