import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countRuns, intervalsOf, withLines } from './scan.ts';

const lines = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 40 });
const counts = (buckets: readonly number[]) =>
  [...Map.groupBy(buckets, (bucket) => bucket)]
    .map(([bucket, all]) => ({ bucket, count: all.length }))
    .sort((one, other) => one.bucket - other.bucket);

it('more lines take no alert away, begin none later, and keep every former start in an interval of its own', () => {
  fc.assert(
    fc.property(
      lines,
      lines,
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 12 }),
      (some, more, window, atLeast, cooldown) => {
        const scan = (buckets: readonly number[]) =>
          intervalsOf(countRuns(counts(buckets), window, atLeast), cooldown, 0, false, withLines(counts(buckets)));
        const before = scan(some);
        const after = scan([...some, ...more]);
        expect(after.length).toBeGreaterThanOrEqual(before.length);
        for (const [index, { start }] of before.entries()) expect(after[index]?.start).toBeLessThanOrEqual(start);
        const owners = before.map(({ start }) =>
          after.findIndex((each) => start >= each.start && start < each.start + cooldown),
        );
        expect(owners.every((owner) => owner >= 0)).toBe(true);
        expect(new Set(owners).size).toBe(owners.length);
      },
    ),
    { numRuns: 2000 },
  );
});
