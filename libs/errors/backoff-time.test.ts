import { expect, test } from 'vitest';
import { backoffMs } from './backoff-time.ts';

const times = { initialMs: 100, maxMs: 1500 };

test('the ceiling of a back-off doubles with each failure, up to the longest', () => {
  expect([0, 1, 2, 3, 4, 5, 2000].map((failures) => backoffMs(failures, times, 1))).toEqual([
    100, 200, 400, 800, 1500, 1500, 1500,
  ]);
});

test('a back-off waits at least half of its ceiling', () => {
  expect(backoffMs(2, times, 0)).toBe(200);
  expect(backoffMs(2, times, 0.5)).toBe(300);
});
