import { describe, expect, it } from 'vitest';
import { microsOf, rangeOf } from './time-range.ts';

const now = Date.UTC(2026, 0, 31, 12);

describe('rangeOf', () => {
  it('takes times and spans before now, up to and with this very moment', () => {
    const range = rangeOf({ from: '-15m', to: 'now' }, now, 92);
    expect(range).toEqual({ from: (now - 900_000) * 1000, to: (now + 1) * 1000 });
    expect(rangeOf({ from: '2026-01-01T00:00:00Z', to: '2026-01-02T01:00:00+01:00' }, now, 92)).toEqual({
      from: Date.UTC(2026, 0, 1) * 1000,
      to: Date.UTC(2026, 0, 2) * 1000,
    });
  });

  it.each([
    ['now', '-1s', 'must be before to'],
    ['-1d', '-1d', 'must be before to'],
    ['2016-01-31T12:00:00Z', 'now', 'at most 92 days'],
  ])('refuses from %s to %s', (from, to, message) => {
    expect(() => rangeOf({ from, to }, now, 92)).toThrow(message);
  });
});

describe('microsOf', () => {
  it.each([
    ['2026-01-01T00:00:00Z', 0],
    ['2026-01-01T00:00:00.5Z', 500_000],
    ['2026-01-01T00:00:00.123456Z', 123_456],
    ['2026-01-01T00:00:00.123456789Z', 123_456],
    ['2026-01-01T01:00:00.000001+01:00', 1],
  ])('reads %s to the microsecond', (text, micros) => {
    expect(microsOf(text, now) - Date.UTC(2026, 0, 1) * 1000).toBe(micros);
  });

  it('does not go before 1970', () => {
    for (const early of ['-999999d', '1969-12-31T23:59:59.999Z', '0001-01-01T00:00:00Z', '1970-01-01T00:30:00+01:00'])
      expect(microsOf(early, now)).toBe(0);
  });
});
