import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatenessHistogram } from './lateness-histogram.ts';

describe('LatenessHistogram', () => {
  it('says nothing before it has seen anything', () => {
    expect(new LatenessHistogram().quantile(0.5)).toBeUndefined();
  });

  it('is never below the true quantile, and at most two and a half times above', () => {
    const lateness = fc.oneof(fc.nat(100), fc.nat(100_000), fc.nat(20 * 86_400_000));
    fc.assert(
      fc.property(
        fc.array(lateness, { minLength: 1, maxLength: 300 }),
        fc.constantFrom(0.5, 0.95, 0.99),
        (values, q) => {
          const histogram = new LatenessHistogram();
          for (const value of values) histogram.observe(value);
          const sorted = values.toSorted((left, right) => left - right);
          const exact = sorted[Math.ceil(sorted.length * q) - 1]!;
          const told = histogram.quantile(q)!;
          expect(told).toBeGreaterThanOrEqual(exact);
          expect(told).toBeLessThanOrEqual(exact * 2.5);
        },
      ),
    );
  });

  it('counts clocks that are ahead as on time', () => {
    const histogram = new LatenessHistogram();
    histogram.observe(-5000);
    expect(histogram.quantile(1)).toBe(0);
  });

  it('gives its buckets: each observation in the one that holds it, few of them, in order', () => {
    const lateness = fc.oneof(fc.integer({ min: -1000, max: 100 }), fc.nat(100_000), fc.nat(100 * 86_400_000));
    fc.assert(
      fc.property(fc.array(lateness, { maxLength: 300 }), (values) => {
        const histogram = new LatenessHistogram();
        for (const value of values) histogram.observe(value);
        const buckets = histogram.buckets();
        expect(buckets.length).toBeLessThanOrEqual(32);
        const ends = buckets.map(({ up_to_ms: end }) => end ?? Number.POSITIVE_INFINITY);
        expect(ends).toEqual(ends.toSorted((left, right) => left - right));
        for (const [index, end] of ends.entries()) {
          const upTo = buckets.slice(0, index + 1).reduce((sum, { events }) => sum + events, 0);
          expect(upTo).toBe(values.filter((value) => value <= end).length);
        }
      }),
    );
  });

  it('forgets what has faded', () => {
    const histogram = new LatenessHistogram();
    histogram.observe(900_000);
    for (let count = 0; count < 50_000; count++) histogram.observe(90);
    expect(histogram.buckets()).toEqual([{ up_to_ms: 100, events: expect.any(Number) }]);
  });

  it('takes a few late ones among few for chance, and many for the rule', () => {
    const histogram = new LatenessHistogram();
    for (let count = 0; count < 29; count++) histogram.observe(90);
    histogram.observe(55 * 60_000);
    expect(histogram.usual).toBe(100);
    for (let count = 0; count < 10; count++) histogram.observe(55 * 60_000);
    expect(histogram.usual).toBe(5_000_000);
  });

  it('goes on from its buckets, and forgets what is an hour old', () => {
    const histogram = new LatenessHistogram();
    for (let count = 0; count < 100; count++) histogram.observe(900_000);
    const next = new LatenessHistogram(histogram.buckets());
    expect(next.buckets()).toEqual(histogram.buckets());
    expect(next.usual).toBe(histogram.usual);
    const minute = 60_000_000;
    for (let at = 0; at <= 50; at += 10) next.passTo(at * minute);
    expect(next.usual).toBe(histogram.usual);
    for (let at = 60; at <= 70; at += 10) next.passTo(at * minute);
    expect(next.usual).toBe(0);
    expect(next.buckets()).toEqual([]);
  });

  it('follows a source that changes', () => {
    const histogram = new LatenessHistogram();
    for (let count = 0; count < 50_000; count++) histogram.observe(900_000);
    for (let count = 0; count < 50_000; count++) histogram.observe(90);
    expect(histogram.quantile(0.95)).toBe(100);
  });
});
