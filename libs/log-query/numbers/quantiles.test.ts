import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QuantilePrecision, Quantiles } from './quantiles.ts';

const percents = [0.01, 5, 50, 95, 99.9];

/** The least value that at least `percent` of all are not above. */
function nearestRank(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted.find((_, index) => (index + 1) * 100 >= percent * values.length - 1e-9) ?? Number.NaN;
}

function quantilesOf(parts: readonly (readonly number[])[], maxHeld: number) {
  const precision = new QuantilePrecision(maxHeld);
  const all = parts.map(() => new Quantiles(precision));
  for (const [index, values] of parts.entries()) for (const value of values) all[index]?.add(value, 1);
  return { found: Quantiles.of(all, percents), error: precision.relativeError };
}

const parts = fc.array(fc.array(fc.double({ min: -1e12, max: 1e12, noNaN: true }), { maxLength: 60 }), {
  minLength: 1,
  maxLength: 6,
});

describe('quantiles', () => {
  it('are exact while the values fit', () => {
    fc.assert(
      fc.property(parts, (given) => {
        const values = given.flat().map((each) => each + 0);
        const { found, error } = quantilesOf(given, 1000);
        expect(error).toBe(0);
        expect(found).toEqual(percents.map((percent) => (values.length === 0 ? null : nearestRank(values, percent))));
      }),
    );
  });

  it('are no further from the exact ones than they say, however few ranges are held', () => {
    fc.assert(
      fc.property(parts, fc.integer({ min: 4, max: 100 }), (given, maxHeld) => {
        const values = given.flat();
        const { found, error } = quantilesOf(given, maxHeld);
        for (const [index, percent] of percents.entries()) {
          if (values.length === 0) continue;
          const exact = nearestRank(values, percent);
          expect(Math.abs((found[index] ?? Number.NaN) - exact)).toBeLessThanOrEqual(Math.abs(exact) * (error + 1e-9));
        }
      }),
    );
  });

  it('of a million different values are within one percent', () => {
    const values = Array.from({ length: 1_000_000 }, (_, index) => 1 + ((index * 7919) % 1_000_000));
    const { found, error } = quantilesOf([values], 10_000);
    expect(error).toBeCloseTo(0.01, 6);
    for (const [index, percent] of percents.entries()) {
      const exact = percent * 10_000;
      expect(Math.abs((found[index] ?? 0) - exact) / exact).toBeLessThanOrEqual(error + 1e-9);
    }
  });
});
