import { isoNanos } from '@tailrace/log-query/iso-time.ts';
import { levels } from '@tailrace/log-record/level.ts';
import type { Histogram } from '@tailrace/postgres/logs/log-histogram.ts';
import { z } from 'zod';
import type { TimeRange } from './time-range.ts';

export const histogramView = z.object({
  from: z.string(),
  to: z.string(),
  interval_ms: z.number(),
  counted_from: z.string().describe('Later than from when the time was up: what is before it was not counted.'),
  buckets: z.array(
    z.object({
      start: z.string(),
      total: z.int(),
      levels: z.partialRecord(z.enum([...levels, 'unset']), z.int()),
    }),
  ),
});

const second = 1_000_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const steps = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((ms) => ms * 1000),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * second),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * minute),
  ...[1, 2, 3, 6, 12].map((count) => count * hour),
];

/** The least width a person reads easily that cuts the range into at most `buckets` parts, microseconds. */
export function bucketWidth({ from, to }: TimeRange, buckets: number): number {
  const least = (to - from) / buckets;
  return steps.find((step) => step >= least) ?? Math.ceil(least / day) * day;
}

/** Every bucket that was counted, empty ones too. The range may cut the first and the last. */
export function toHistogramView(range: TimeRange, width: number, counted: Histogram): z.output<typeof histogramView> {
  const { firstCounted } = counted;
  const length = Math.max(0, Math.ceil(range.to / width) - firstCounted);
  return {
    from: isoNanos(range.from),
    to: isoNanos(range.to),
    interval_ms: width / 1000,
    counted_from: isoNanos(Math.min(range.to, Math.max(range.from, firstCounted * width))),
    buckets: Array.from({ length }, (_, index) => {
      const byLevel = counted.buckets.get(firstCounted + index) ?? {};
      const total = Object.values(byLevel).reduce((sum, count) => sum + count, 0);
      return { start: isoNanos((firstCounted + index) * width), total, levels: byLevel };
    }),
  };
}
