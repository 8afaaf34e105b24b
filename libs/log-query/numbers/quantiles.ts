/** How exact quantiles are that share what they may hold. */
export class QuantilePrecision {
  readonly #maxHeld: number;
  readonly #all = new Set<Quantiles>();
  #held = 0;
  /** Values are distinguished by powers of this; 1 while they are exact. */
  #gamma = 1;

  /** @param maxHeld different values, or ranges of values, held together */
  constructor(maxHeld: number) {
    this.#maxHeld = maxHeld;
  }

  /** How far a quantile may be from the exact one, as a part of it; 0: they are exact. */
  get relativeError(): number {
    return (this.#gamma - 1) / (this.#gamma + 1);
  }

  get gamma(): number {
    return this.#gamma;
  }

  add(one: Quantiles): void {
    this.#all.add(one);
  }

  /** Called for each value, or range, that is held from now on. */
  hold(): void {
    this.#held += 1;
    while (this.#held > this.#maxHeld && this.#gamma < coarsest) this.#coarsen();
  }

  #coarsen(): void {
    const before = this.#gamma;
    this.#gamma = before === 1 ? finest : before ** 2;
    this.#held = 0;
    for (const one of this.#all) this.#held += one.coarsen(before, this.#gamma);
  }
}

/** Ranges that are one percent wide to each side of their middle. */
const finest = 1.01 / 0.99;
/** Beyond this nothing is won: a handful of ranges hold every number there is. */
const coarsest = 1e18;
/** Keys of ranges are shifted by this, so that those of numbers below 1 have the sign of their numbers. */
const shift = 2 ** 17;

/**
 * Values and how often each came, of which any quantile can be read. They are exact until those that share a precision
 * hold too many different ones; then they are counted in ranges, each as wide in relation to its values, which get wider
 * as often as it takes (UDDSketch, https://arxiv.org/abs/2004.08604).
 */
export class Quantiles {
  readonly #precision: QuantilePrecision;
  /** By value, or by the key of a range; keys are in the order of their values. */
  #counts = new Map<number, number>();
  #total = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  constructor(precision: QuantilePrecision) {
    this.#precision = precision;
    precision.add(this);
  }

  add(value: number, count: number): void {
    this.#total += count;
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
    const { gamma } = this.#precision;
    this.#count(gamma === 1 ? value : keyOf(value, gamma), count);
  }

  #count(key: number, count: number): void {
    const before = this.#counts.get(key);
    this.#counts.set(key, (before ?? 0) + count);
    if (before === undefined) this.#precision.hold();
  }

  /** @returns how many ranges it holds then */
  coarsen(before: number, after: number): number {
    const counts = new Map<number, number>();
    for (const [key, count] of this.#counts) {
      const coarse = before === 1 ? keyOf(key, after) : doubled(key);
      counts.set(coarse, (counts.get(coarse) ?? 0) + count);
    }
    this.#counts = counts;
    return counts.size;
  }

  /**
   * For each percentage the least value which at least so many of all are not above (nearest rank), of several of the same
   * precision together; null when there is none.
   */
  static of(parts: readonly Quantiles[], percents: readonly number[]): (number | null)[] {
    const counts = new Map<number, number>();
    let total = 0;
    let [min, max, gamma] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1];
    for (const part of parts) {
      for (const [key, count] of part.#counts) counts.set(key, (counts.get(key) ?? 0) + count);
      total += part.#total;
      min = Math.min(min, part.#min);
      max = Math.max(max, part.#max);
      gamma = part.#precision.gamma;
    }
    const keys = [...counts.keys()].sort((a, b) => a - b);
    return percents.map((percent) => {
      // What is a whole number in decimals need not be one in binary: 99.9 % of 1000.
      let left = Math.max(1, Math.ceil(Number(((percent / 100) * total).toPrecision(12))));
      for (const key of keys) {
        left -= counts.get(key) ?? 0;
        if (left <= 0) return gamma === 1 ? key : Math.min(max, Math.max(min, middleOf(key, gamma)));
      }
      return null;
    });
  }
}

function keyOf(value: number, gamma: number): number {
  if (value === 0) return 0;
  return Math.sign(value) * (Math.ceil(Math.log(Math.abs(value)) / Math.log(gamma)) + shift);
}

/** The key of the range twice as wide. */
function doubled(key: number): number {
  return key === 0 ? 0 : Math.sign(key) * (Math.ceil((Math.abs(key) - shift) / 2) + shift);
}

/** The value from which both ends of the range are equally far in relation to themselves. */
function middleOf(key: number, gamma: number): number {
  return key === 0 ? 0 : (Math.sign(key) * 2 * gamma ** (Math.abs(key) - shift)) / (gamma + 1);
}
