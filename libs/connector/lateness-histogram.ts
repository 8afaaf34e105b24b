import type { LatenessBucket } from '@tailrace/schemas/generated/lateness-bucket.ts';

/** Upper ends of the buckets, milliseconds: 1, 2, 5, 10, … to four weeks. The last bucket has no end. */
const upperEnds = bucketEnds(4 * 7 * 86_400_000);

/** How many observations the histogram remembers about: older ones fade by half whenever this many came. */
const halfLife = 10_000;

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
  readonly #counts = new Float64Array(upperEnds.length + 1);
  #total = 0;
  #sinceHalving = 0;

  /** @param latenessMs ingestion time minus event time; negative where the source's clock is ahead. */
  observe(latenessMs: number): void {
    const index = upperEnds.findIndex((end) => latenessMs <= end);
    this.#counts[index < 0 ? upperEnds.length : index]! += 1;
    this.#total += 1;
    this.#sinceHalving += 1;
    if (this.#sinceHalving < halfLife) return;
    this.#sinceHalving = 0;
    this.#total /= 2;
    for (let each = 0; each < this.#counts.length; each++) this.#counts[each]! /= 2;
  }

  /** The buckets that hold anything, in order. Counts fade, so they are rounded; what fades away is left out. */
  buckets(): LatenessBucket[] {
    return Array.from(this.#counts, (count, index) => ({
      up_to_ms: upperEnds[index] ?? null,
      events: Math.round(count),
    })).filter(({ events }) => events > 0);
  }

  /**
   * @param quantile from 0 to 1.
   * @returns the upper end of the bucket that holds it, milliseconds; undefined before the first observation.
   */
  quantile(quantile: number): number | undefined {
    if (this.#total === 0) return undefined;
    let wanted = this.#total * quantile;
    for (const [index, end] of upperEnds.entries()) {
      wanted -= this.#counts[index]!;
      if (wanted <= 0) return end;
    }
    return upperEnds.at(-1);
  }
}
