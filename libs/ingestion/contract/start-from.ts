import { z } from 'zod';

const relative = /^-(\d{1,9})(s|m|h|d)$/;
const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time that has passed: a span before now (`-6h`), or an RFC 3339 time with its zone. */
export const pastTimeSchema = z.union([z.string().regex(relative), z.iso.datetime({ offset: true })], {
  error: 'must be a span before now such as "-6h" (units s, m, h, d), or a time such as "2026-01-31T08:00:00Z"',
});

/** Where a connection's first run begins: `now`, a time span before now (`-15m`), or an ISO 8601 time with its zone. */
export const startFromSchema = z.union(
  [z.literal('now'), z.string().regex(relative), z.iso.datetime({ offset: true })],
  {
    error:
      'must be "now", a span before now such as "-15m" (units s, m, h, d), or a time such as "2026-01-31T08:00:00Z"',
  },
);

/**
 * The event time from which on events are emitted.
 *
 * @param now by the provider's clock, microseconds since the epoch.
 * @returns microseconds since the epoch.
 */
export function startTime(startFrom: string, now: number): number {
  if (startFrom === 'now') return now;
  const [, amount, unit] = relative.exec(startFrom) ?? [];
  if (amount === undefined || unit === undefined) return Date.parse(startFrom) * 1000;
  return Math.max(0, now - Number(amount) * (unitMs[unit] ?? 0) * 1000);
}
