import { compareRows, type Row } from './row.ts';

/**
 * The rows of a view, oldest first, each once, at most `capacity`: the oldest go when there are more. Kept outside of
 * React, which only draws the few that are visible.
 */
export class LogBuffer {
  #capacity: number;
  readonly #rows: Row[] = [];
  readonly #keys = new Set<string>();
  #dropped = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Rows at most. A smaller one takes effect at once: the oldest go. */
  set capacity(capacity: number) {
    this.#capacity = capacity;
    this.#trim();
  }

  get length(): number {
    return this.#rows.length;
  }

  /** Rows that had to go for newer ones since the buffer was cleared. */
  get dropped(): number {
    return this.#dropped;
  }

  at(index: number): Row | undefined {
    return this.#rows[index];
  }

  slice(start: number, end: number): readonly Row[] {
    return this.#rows.slice(start, end);
  }

  /** Where a row is, or would be. */
  indexOf(row: Row): number {
    return this.#search((other) => compareRows(other, row) < 0);
  }

  #search(isBefore: (row: Row) => boolean): number {
    let [low, high] = [0, this.#rows.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBefore(this.#rows[middle] as Row)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  /** The row of a key at its time. */
  find(key: string, time: string): Row | undefined {
    for (let index = this.firstAt(time); this.#rows[index]?.time === time; index += 1) {
      if (this.#rows[index]?.key === key) return this.#rows[index];
    }
    return undefined;
  }

  /** Index of the first row at a time or later. */
  firstAt(time: string): number {
    return this.#search((row) => row.time < time);
  }

  /**
   * Puts rows in their places by time; those that are there already are left out. Costs what lies behind the earliest
   * of them, which is little where they are new.
   * @returns how many were added
   */
  add(rows: Iterable<Row>): number {
    const fresh: Row[] = [];
    for (const row of rows) {
      if (this.#keys.has(row.key)) continue;
      this.#keys.add(row.key);
      fresh.push(row);
    }
    const [first] = fresh.sort(compareRows);
    if (first === undefined) return 0;
    const tail = this.#rows.splice(this.indexOf(first));
    let next = 0;
    for (const row of tail) {
      for (let other = fresh[next]; other !== undefined && compareRows(other, row) < 0; other = fresh[++next]) {
        this.#rows.push(other);
      }
      this.#rows.push(row);
    }
    for (; next < fresh.length; next += 1) this.#rows.push(fresh[next] as Row);
    this.#trim();
    return fresh.length;
  }

  remove(key: string): void {
    if (!this.#keys.delete(key)) return;
    const index = this.#rows.findIndex((row) => row.key === key);
    this.#rows.splice(index, 1);
  }

  clear(): void {
    this.#rows.length = 0;
    this.#keys.clear();
    this.#dropped = 0;
  }

  #trim(): void {
    const excess = this.#rows.length - this.#capacity;
    if (excess <= 0) return;
    for (const row of this.#rows.splice(0, excess)) this.#keys.delete(row.key);
    this.#dropped += excess;
  }
}
