/** How fast something goes of late. */
export class RateMeter {
  readonly #windowMs: number;
  #samples: { readonly at: number; readonly done: number }[] = [];

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** @param done so far. @returns by how much that rises a second, over the window; 0 before there is anything to compare. */
  measure(done: number): number {
    const now = { at: performance.now(), done };
    this.#samples = [...this.#samples.filter(({ at }) => now.at - at <= this.#windowMs), now];
    const [first] = this.#samples;
    if (!first || now.at - first.at < 1) return 0;
    return ((now.done - first.done) / (now.at - first.at)) * 1000;
  }
}
