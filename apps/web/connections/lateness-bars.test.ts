import { expect, test } from 'vitest';
import { latenessBars } from './lateness-bars.ts';

test('the chart of lateness draws every bucket from 0 on, also the empty ones, and at least up to ten seconds', () => {
  const bars = latenessBars([
    { up_to_ms: 0, events: 1 },
    { up_to_ms: 2, events: 300 },
    { up_to_ms: 50, events: 600 },
    { up_to_ms: null, events: 99 },
  ]);
  const labels = '0 ms,1 ms,2 ms,5 ms,10 ms,20 ms,50 ms,100 ms,200 ms,500 ms,1.0 s,2.0 s,5.0 s,10 s,more';
  expect(bars.map(({ label }) => label)).toEqual(labels.split(','));
  expect(bars.slice(0, 7).map(({ height }) => height)).toEqual([1 / 600, 0, 0.5, 0, 0, 0, 1]);
  expect([0, 1, 6, 14].map((index) => bars[index]?.words)).toEqual([
    'up to 0 ms: 1 events, under 1 %',
    'up to 1 ms: none',
    'up to 50 ms: 600 events, 60 %',
    'later: 99 events, 10 %',
  ]);
});

test('the chart of lateness knows every end that the histogram has', () => {
  const day = 86_400_000;
  const ends = latenessBars([{ up_to_ms: 5_000_000_000, events: 1 }]);
  expect(ends).toHaveLength(31);
  expect(ends.at(-1)?.label).toBe(`${Math.round(5_000_000_000 / day)} d`);
});

test('nothing was seen: nothing is drawn', () => {
  expect(latenessBars([])).toEqual([]);
});
