import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { AlertSpan } from './alert-ledger.ts';
import { AlertComparison } from './compare-alerts.ts';

const maxListed = 1000;
const open = Number.POSITIVE_INFINITY;

/** The alerts of one rule: of each group one after the other, none longer than the cooldown. */
function alertsOf(side: string, longest: number): fc.Arbitrary<AlertSpan[]> {
  const steps = fc.array(fc.record({ pause: fc.nat(30), length: fc.nat(longest) }), { maxLength: 12 });
  return fc.tuple(steps, steps).map((groups) =>
    groups.flatMap((all, group) => {
      let next = 0;
      return all.map(({ pause, length }, index) => {
        const startedAt = next + pause;
        next = startedAt + longest;
        const id = `${side}-${group}-${index}`;
        return { id, group: String(group), startedAt, endedAt: startedAt + length, suppressed: 0 };
      });
    }),
  );
}

const cases = fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 })).chain((longest) =>
  fc.record({
    longest: fc.constant(longest),
    firsts: alertsOf('first', longest[0]),
    seconds: alertsOf('second', longest[1]),
    steps: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 12 }),
  }),
);

/** By looking at all pairs at once. */
function pairs(firsts: readonly AlertSpan[], seconds: readonly AlertSpan[]): string[] {
  const free = new Set(seconds.toSorted((one, other) => one.startedAt - other.startedAt));
  return firsts
    .toSorted((one, other) => one.startedAt - other.startedAt)
    .flatMap((first) => {
      const second = [...free].find(
        ({ group, startedAt, endedAt }) =>
          group === first.group && startedAt <= first.endedAt && first.startedAt <= endedAt,
      );
      if (!second) return [];
      free.delete(second);
      return [`${first.id} ${second.id}`];
    });
}

it('the comparison of alerts pairs the same alerts in parts, as the log is read, as all at once', () => {
  let paired = 0;
  fc.assert(
    fc.property(cases, ({ longest, firsts, seconds, steps }) => {
      const comparison = new AlertComparison({ longest, maxListed });
      let [left, right] = [firsts, seconds];
      let settled = 0;
      for (const step of steps) {
        settled += step;
        const isSettled = (side: 0 | 1) => (alert: AlertSpan) => alert.startedAt + longest[side] < settled;
        comparison.take(left.filter(isSettled(0)), right.filter(isSettled(1)));
        left = left.filter((alert) => !isSettled(0)(alert));
        right = right.filter((alert) => !isSettled(1)(alert));
        comparison.decide(settled);
      }
      comparison.take(left, right);
      comparison.decide(open);
      const { both, both_total, only_first, only_first_total, only_second, only_second_total } = comparison.result;
      const expected = pairs(firsts, seconds);
      paired += expected.length;
      expect(both.map(({ first, second }) => `${first} ${second}`).sort()).toEqual(expected.sort());
      expect([both_total, both_total + only_first_total, both_total + only_second_total]).toEqual([
        expected.length,
        firsts.length,
        seconds.length,
      ]);
      const ids = [...both.flatMap(({ first, second }) => [first, second]), ...only_first, ...only_second];
      expect(ids.sort()).toEqual([...firsts, ...seconds].map(({ id }) => id).sort());
      expect(comparison.waiting).toBe(0);
    }),
    { numRuns: 500 },
  );
  expect(paired).toBeGreaterThan(500);
});

it('the comparison of alerts keeps no more than may still overlap something, and lists only so many', () => {
  const comparison = new AlertComparison({ longest: [60, 60], maxListed: 5 });
  let most = 0;
  for (let index = 0; index < 10_000; index += 1) {
    const span = { group: null, startedAt: index * 60, endedAt: index * 60 + 30, suppressed: 0 };
    comparison.take([{ ...span, id: `first ${index}` }], index % 2 === 0 ? [{ ...span, id: `second ${index}` }] : []);
    comparison.decide(index * 60 + 60);
    most = Math.max(most, comparison.waiting);
  }
  comparison.decide(open);
  expect(most).toBeLessThan(10);
  expect(comparison.result).toMatchObject({ both_total: 5000, only_first_total: 5000, only_second_total: 0 });
  expect([comparison.result.both.length, comparison.result.only_first.length]).toEqual([5, 5]);
});
