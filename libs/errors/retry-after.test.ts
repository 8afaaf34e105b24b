import { expect, it } from 'vitest';
import { retryAfterMs } from './retry-after.ts';

const now = Date.UTC(2026, 0, 2, 3, 4, 5);

it.each([
  ['7', 7000],
  [' 0 ', 0],
  ['Fri, 02 Jan 2026 03:04:15 GMT', 10_000],
  ['Fri, 02 Jan 2026 03:04:00 GMT', 0],
  ['', undefined],
  ['-3', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['2026-01-02T03:04:15Z', undefined],
  [null, undefined],
  [undefined, undefined],
])('Retry-After reads %j', (header, ms) => {
  expect(retryAfterMs(header, now)).toBe(ms);
});
