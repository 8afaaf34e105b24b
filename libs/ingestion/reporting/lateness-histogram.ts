import type { LatenessBucket } from '@tailrace/schemas/generated/lateness-bucket.ts';

/** Upper ends of the buckets, milliseconds: 1, 2, 5, 10, … to four weeks. The last bucket has no end. */
const upperEnds = bucketEnds(4 * 7 * 86_400_000);

/** How many observations the histogram remembers about: older ones fade by half whenever this many came. */
const halfLife = 10_000;
/** And for how long: what came in this period and in the one before counts; microseconds. */
const period = 30 * 60_000_000;
/** So few late ones are chance, however few there are of the others. */
const chance = 3;

function bucketEnds(last: number): readonly number[] {
  const ends = [0];
  for (let power = 1; ends.at(-1)! < last; power *= 10) ends.push(power, 2 * power, 5 * power);
  return ends;
}

/**
 * How late events are ingested, as counts in fixed buckets: it costs the same whatever it has seen, and follows a source
 * that changes.
 */
export class LatenessHistogram {
  #counts = new Float64Array(upperEnds.length + 1);
  #before = new Float64Array(upperEnds.length + 1);
  #total = 0;
  #totalBefore = 0;
  #sinceHalving = 0;
  #periodBegan: number | undefined;

  /** @param buckets that it goes on from: what another process counted. */
  constructor(buckets: readonly LatenessBucket[] = []) {
    for (const { up_to_ms: end, events } of buckets) {
      const index = end === null ? upperEnds.length : upperEnds.indexOf(end);
      if (index < 0) continue;
      this.#counts[index] = events;
      this.#total += events;
    }
  }

  /** Forgets what is long ago. @param now microseconds. */
  passTo(now: number): void {
    this.#periodBegan ??= now;
    if (now < this.#periodBegan + period) return;
    const isLongAgo = now >= this.#periodBegan + 2 * period;
    this.#before = isLongAgo ? new Float64Array(upperEnds.length + 1) : this.#counts;
    this.#totalBefore = isLongAgo ? 0 : this.#total;
    this.#counts = new Float64Array(upperEnds.length + 1);
    this.#total = 0;
    this.#periodBegan = now;
  }

  /** @param latenessMs ingestion time minus event time; negative where the source's clock is ahead. */
  observe(latenessMs: number): void {
    const index = upperEnds.findIndex((end) => latenessMs <= end);
    this.#counts[index < 0 ? upperEnds.length : index]! += 1;
    this.#total += 1;
    this.#sinceHalving += 1;
    if (this.#sinceHalving < halfLife) return;
    this.#sinceHalving = 0;
    this.#total /= 2;
    this.#totalBefore /= 2;
    for (let each = 0; each < this.#counts.length; each++) {
      this.#counts[each]! /= 2;
      this.#before[each]! /= 2;
    }
  }

  /** The buckets that hold anything, in order. Counts fade, so they are rounded; what fades away is left out. */
  buckets(): LatenessBucket[] {
    return Array.from(this.#counts, (count, index) => ({
      up_to_ms: upperEnds[index] ?? null,
      events: Math.round(count + this.#before[index]!),
    })).filter(({ events }) => events > 0);
  }

  /**
   * @param quantile from 0 to 1.
   * @returns the upper end of the bucket that holds it, milliseconds; undefined before the first observation.
   */
  quantile(quantile: number): number | undefined {
    const total = this.#total + this.#totalBefore;
    return total === 0 ? undefined : this.#endOf(total * quantile);
  }

  /**
   * What nearly all keep within: all but one in a thousand, and all but a few where there are not that many. The greatest
   * of a small sample would be whatever came latest.
   * @returns milliseconds; 0 where too few came to say.
   */
  get usual(): number {
    const total = this.#total + this.#totalBefore;
    const wanted = total - Math.max(chance, total / 1000);
    return wanted <= 0 ? 0 : this.#endOf(wanted);
  }

  /** The upper end of the bucket that holds the observation of that rank. */
  #endOf(rank: number): number {
    let left = rank;
    for (const [index, end] of upperEnds.entries()) {
      left -= this.#counts[index]! + this.#before[index]!;
      if (left <= 0) return end;
    }
    return upperEnds.at(-1)!;
  }
}
