import type { CursorRange } from '@tailrace/http/client/stream-parts.ts';
import { recordsBetween } from '@tailrace/log-query/live-cursor.ts';

/** What the live stream began behind: from where the stored lines end to where the live ones begin. */
export interface Hole extends CursorRange {
  /** In it, of all projects: how long it takes to look through. */
  readonly records: number;
  /** Of the newest line that was stored, in the order of rows; empty where there was none. */
  readonly time: string;
}

/**
 * Where the stored lines of a view and its live ones meet. The live stream begins a little back, so most often they
 * overlap; where the database is further behind, there is a hole. Both ends are reported when they are known, in any order.
 */
export class Seam {
  #stored: { readonly cursor: string | undefined; readonly time: string } | undefined;
  #live: string | undefined;

  /** Whether the end of the stored lines has been reported. */
  get isStoredKnown(): boolean {
    return this.#stored !== undefined;
  }

  /**
   * @param cursor up to here everything was stored when the page was read; undefined where nobody knows.
   * @param time of its newest line.
   */
  storedUpTo(cursor: string | undefined, time: string): Hole | undefined {
    if (this.#stored !== undefined) return undefined;
    this.#stored = { cursor, time };
    return this.#hole();
  }

  /** @param cursor from here on everything comes live */
  liveFrom(cursor: string): Hole | undefined {
    if (this.#live !== undefined) return undefined;
    this.#live = cursor;
    return this.#hole();
  }

  #hole(): Hole | undefined {
    if (this.#stored?.cursor === undefined || this.#live === undefined) return undefined;
    const { cursor, time } = this.#stored;
    const records = recordsBetween(cursor, this.#live);
    return records === undefined || records === 0 ? undefined : { from: cursor, to: this.#live, records, time };
  }
}
