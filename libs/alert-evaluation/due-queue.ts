/** Who is to be looked at when a clock reaches a time. Each has one time at most: the last one set. */
export class DueQueue {
  readonly #due = new Map<string, number>();
  /** A binary heap; entries that are not what `#due` says are stale. */
  readonly #heap: { readonly key: string; readonly at: number }[] = [];

  /** Whether anybody is to be looked at, ever. */
  get isEmpty(): boolean {
    return this.#due.size === 0;
  }

  /** Everybody who is to be looked at. */
  keys(): readonly string[] {
    return [...this.#due.keys()];
  }

  set(key: string, at: number): void {
    if (this.#due.get(key) === at) return;
    this.#due.set(key, at);
    this.#push(key, at);
  }

  delete(key: string): void {
    this.#due.delete(key);
  }

  /** Takes out everyone whose time has come. */
  take(now: number): string[] {
    const taken: string[] = [];
    for (let first = this.#heap[0]; first && first.at <= now; first = this.#heap[0]) {
      this.#pop();
      if (this.#due.get(first.key) !== first.at) continue;
      this.#due.delete(first.key);
      taken.push(first.key);
    }
    return taken;
  }

  #push(key: string, at: number): void {
    const heap = this.#heap;
    let index = heap.push({ key, at }) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#at(parent) <= at) break;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    this.#swap(0, heap.length - 1);
    heap.pop();
    for (let index = 0; ; ) {
      const left = 2 * index + 1;
      const child = this.#at(left + 1) < this.#at(left) ? left + 1 : left;
      if (this.#at(child) >= this.#at(index)) break;
      this.#swap(index, child);
      index = child;
    }
  }

  #at(index: number): number {
    return this.#heap[index]?.at ?? Number.POSITIVE_INFINITY;
  }

  #swap(one: number, other: number): void {
    const [first, second] = [this.#heap[one], this.#heap[other]];
    if (first && second) [this.#heap[one], this.#heap[other]] = [second, first];
  }
}
