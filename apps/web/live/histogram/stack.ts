import type { AnswerOf } from '@tailrace/http/client/api-calls.ts';

type Bucket = AnswerOf<'GET stream/{project_id}/histogram'>['buckets'][number];

/**
 * From the top of a bar to its foot: the worst stands on the axis, where heights are compared most easily. Drawn in this
 * order, each over the one before.
 */
export const stackedLevels = ['unset', 'trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

/** Times in seconds, and for each level the height at which its part of the bar ends. */
export function stack(buckets: readonly Bucket[]): [number[], ...number[][]] {
  const times = buckets.map(({ start }) => Date.parse(start) / 1000);
  const below = buckets.map(() => 0);
  const heights = [...stackedLevels].reverse().map((level) =>
    buckets.map((bucket, index) => {
      below[index] = (below[index] ?? 0) + (bucket.levels[level] ?? 0);
      return below[index];
    }),
  );
  return [times, ...heights.reverse()];
}
