import { expect, it } from 'vitest';
import { parseSince } from './duration.ts';

it.each([
  ['15m', '-15m'],
  ['-7d', '-7d'],
  ['2026-01-02T03:04:05.123456Z', '2026-01-02T03:04:05.123456Z'],
  ['2026-01-02T03:04:05+02:00', '2026-01-02T03:04:05+02:00'],
  ['2026-01-02', '2026-01-02T00:00:00.000Z'],
])('a duration option takes %s', (text, taken) => {
  expect(parseSince(text)).toBe(taken);
});

it.each(['', '15', '15y', 'yesterday', '2026-13-01', '2026-13-01T00:00:00Z'])(
  'a duration option refuses %s',
  (text) => {
    expect(() => parseSince(text)).toThrow('Give a duration such as 15m');
  },
);
