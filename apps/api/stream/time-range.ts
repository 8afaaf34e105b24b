import { invalidField } from '@tailrace/http/problem.ts';
import { agoMs, agoPattern } from '@tailrace/log-query/instant.ts';
import { z } from 'zod';

/** Event times, microseconds since the epoch: from included, to excluded. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

const dayMicros = 86_400_000_000;

/** A time as people write it. */
export const instant = z.union([z.literal('now'), z.string().regex(agoPattern), z.iso.datetime({ offset: true })], {
  error: 'must be "now", a span before now such as -15m (units s, m, h, d), or a time such as 2026-01-31T08:00:00Z',
});

/** A time range as query parameters. */
export const rangeQuery = {
  from: instant.default('-15m').describe('Beginning, included: a time, or a span before now such as -15m.'),
  to: instant.default('now').describe('End, excluded.'),
};

/**
 * @param now milliseconds since the epoch.
 * @param within the part of the request that the fields are in.
 * @throws Problem 422 for a range that is empty, reversed, or longer than `maxDays`.
 */
export function rangeOf(
  query: { readonly from: string; readonly to: string },
  now: number,
  maxDays: number,
  within = 'querystring',
): TimeRange {
  const from = microsOf(query.from, now);
  // Whole milliseconds up: a record of this very moment is in "until now".
  const to = query.to === 'now' ? (now + 1) * 1000 : microsOf(query.to, now);
  if (from >= to) throw invalidField(`${within}.from`, 'must be before to');
  if (to - from > maxDays * dayMicros)
    throw invalidField(`${within}.from`, `must be at most ${maxDays} days before to`);
  return { from, to };
}

/** Microseconds of an instant, 1970 at the earliest; digits beyond them are cut. */
export function microsOf(text: string, now: number): number {
  if (text === 'now') return now * 1000;
  const ago = agoMs(text);
  if (ago !== undefined) return Math.max(0, now - ago) * 1000;
  const [, below = ''] = /\.\d{3}(\d{1,3})/.exec(text) ?? [];
  return Math.max(0, Date.parse(text) * 1000 + Number(below.padEnd(3, '0')));
}
