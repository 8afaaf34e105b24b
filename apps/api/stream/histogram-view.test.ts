import { describe, expect, it } from 'vitest';
import { bucketWidth, toHistogramView } from './histogram-view.ts';

const minute = 60_000_000;

describe('bucketWidth', () => {
  it.each([
    [15 * minute, 60, 15_000_000],
    [15 * minute + 1000, 60, 30_000_000],
    [60 * minute, 60, minute],
    [24 * 60 * minute, 60, 30 * minute],
    [92 * 1440 * minute, 10, 10 * 1440 * minute],
    [1, 1000, 1000],
  ])('of %i microseconds in at most %i parts is %i', (span, buckets, width) => {
    expect(bucketWidth({ from: 0, to: span }, buckets)).toBe(width);
  });
});

describe('toHistogramView', () => {
  const range = { from: 90_000_000, to: 5 * minute };

  it('shows every bucket of the range, the empty ones too', () => {
    const view = toHistogramView(range, minute, { buckets: new Map([[3, { error: 2, unset: 1 }]]), firstCounted: 1 });
    expect(view.buckets.map(({ total }) => total)).toEqual([0, 0, 3, 0]);
    expect(view.buckets[2]).toEqual({ start: '1970-01-01T00:03:00.000Z', total: 3, levels: { error: 2, unset: 1 } });
    expect(view.counted_from).toBe(view.from);
  });

  it('leaves out what was not counted, and says so', () => {
    const view = toHistogramView(range, minute, { buckets: new Map(), firstCounted: 4 });
    expect([view.counted_from, view.buckets.length]).toEqual(['1970-01-01T00:04:00.000Z', 1]);
    expect(toHistogramView(range, minute, { buckets: new Map(), firstCounted: 5 })).toMatchObject({
      counted_from: view.to,
      buckets: [],
    });
  });
});
