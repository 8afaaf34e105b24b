import { bucketMs } from '@tailrace/alert-rules/bucket.ts';
import type { TimeRange } from '../stream/time-range.ts';

export interface TimelineBucket {
  /** Microseconds since the epoch. */
  readonly start: number;
  readonly matched: number;
  readonly alerts: number;
}

/** What a range is divided into, about. */
const parts = 200;

/** Counts lines and the starts of alerts over a range of event time. */
export class Timeline {
  /** Microseconds, a whole number of the evaluation's buckets. */
  readonly width: number;
  readonly #buckets = new Map<number, { matched: number; alerts: number }>();

  constructor({ from, to }: TimeRange) {
    const unit = bucketMs * 1000;
    this.width = Math.max(1, Math.ceil((to - from) / parts / unit)) * unit;
  }

  lines(timestamp: number, count: number): void {
    this.#at(timestamp).matched += count;
  }

  alert(startedAt: number): void {
    this.#at(startedAt).alerts += 1;
  }

  /** Those that hold something, oldest first. */
  buckets(): readonly TimelineBucket[] {
    return [...this.#buckets]
      .sort(([one], [other]) => one - other)
      .map(([number, counts]) => ({ start: number * this.width, ...counts }));
  }

  #at(timestamp: number): { matched: number; alerts: number } {
    const number = Math.floor(timestamp / this.width);
    let bucket = this.#buckets.get(number);
    if (!bucket) {
      bucket = { matched: 0, alerts: 0 };
      this.#buckets.set(number, bucket);
    }
    return bucket;
  }
}
