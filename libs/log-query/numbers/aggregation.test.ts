import { expect, it } from 'vitest';
import { Aggregation } from './aggregation.ts';

const request = { functions: ['count'], field: undefined, unit: undefined, top: 2, buckets: 1 } as const;
const limits = { maxCells: 3, maxGroupCharacters: 1000, maxValues: 100 };
const row = (group: string, lines: number) => ({ bucket: 0, group: [group], value: null, lines });

it('groups beyond what is held are counted together, and the answer says that the first ones may be others', () => {
  const aggregation = new Aggregation(request, limits);
  for (const [group, lines] of [
    ['a', 1],
    ['b', 5],
    ['c', 3],
    ['d', 100],
    ['e', 1],
    ['a', 1],
  ] as const) {
    aggregation.add(row(group, lines));
  }
  const { groups, others, groupsLeftOut, isGroupOverflow, total, lines } = aggregation.result(() => 1);
  expect(groups.map(({ group, total: [count] }) => [group[0], count])).toEqual([
    ['b', 5],
    ['c', 3],
  ]);
  expect([others?.total, groupsLeftOut, isGroupOverflow]).toEqual([[103], 2, true]);
  expect([total.total, lines]).toEqual([[111], 111]);
});

it('texts of groups that are too long together are counted together too', () => {
  const aggregation = new Aggregation(request, { ...limits, maxGroupCharacters: 20 });
  for (const group of ['short', 'x'.repeat(30)]) aggregation.add(row(group, 1));
  expect(aggregation.result(() => 1)).toMatchObject({ groups: [{ group: ['short'] }], isGroupOverflow: true });
});

it('a sum of many decimals is not off by what each rounding loses', () => {
  const aggregation = new Aggregation({ ...request, functions: ['sum'], field: 'price' }, limits);
  for (let index = 0; index < 100_000; index += 1) aggregation.add({ ...row('', 1), value: '0.1' });
  expect(aggregation.result(() => 1).total.total).toEqual([10_000]);
});
