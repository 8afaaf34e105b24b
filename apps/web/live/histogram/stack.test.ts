import { expect, test } from 'vitest';
import { barsOfGroups, barsOfLevels, stack } from './stack.ts';

const range = { from: '2026-01-01T00:00:00Z', to: '2026-01-01T00:02:00Z', counted_from: '2026-01-01T00:00:00Z' };
const starts = ['2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z'];

test('bars of groups have the greatest group on the axis and all others on top', () => {
  const series = (...count: number[]) => ({ results: {}, series: { count } });
  const bars = barsOfGroups({
    ...range,
    ...{ unit: null, lines: 16, lines_without_number: 0, by: ['region'], interval_ms: 60_000, starts },
    ...{ total: series(10, 6), groups_left_out: 3, approximations: [], others: series(1, 0) },
    groups: [
      { group: ['eu'], ...series(5, 4) },
      { group: [null], ...series(4, 2) },
    ],
  });
  expect(bars.layers.map(({ kind, name, total }) => [kind, name, total])).toEqual([
    ['others', 'other', 1],
    ['none', 'without', 6],
    ['group', 'eu', 9],
  ]);
  expect(stack(bars)).toEqual([starts.map((start) => Date.parse(start) / 1000), [10, 6], [9, 6], [5, 4]]);
});

test('bars of levels have the worst level on the axis', () => {
  const buckets = starts.map((start) => ({ start, total: 3, levels: { error: 1, info: 2 } }));
  const bars = barsOfLevels({ ...range, interval_ms: 60_000, buckets });
  const heights = Object.fromEntries(bars.layers.map(({ name }, index) => [name, stack(bars)[index + 1]]));
  expect(heights).toMatchObject({ fatal: [0, 0], error: [1, 1], info: [3, 3], unset: [3, 3] });
});
