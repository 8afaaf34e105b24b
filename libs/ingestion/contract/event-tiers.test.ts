import { expect, it } from 'vitest';
import { sweepPlan } from '../coverage/sweep-plan.ts';
import { eventTiers } from './event-tiers.ts';

it('the planner of tiers looks at the newest often and at the old seldom', () => {
  expect(eventTiers(500)).toEqual([
    { lookbackMs: 15_000, everyMs: 500 },
    { lookbackMs: 120_000, everyMs: 10_000 },
    { lookbackMs: 3_600_000, everyMs: 60_000 },
    { lookbackMs: 86_400_000, everyMs: 900_000 },
    { lookbackMs: 14 * 86_400_000, everyMs: 86_400_000 },
  ]);
});

it.each([200, 1000, 10_000, 15_000, 60_000, 900_000, 3_600_000])(
  'the planner of tiers makes a plan for a poll every %i ms',
  (poll) => {
    const tiers = eventTiers(poll);
    expect(() => sweepPlan('event', tiers, 300_000)).not.toThrow();
    expect(tiers[0]).toMatchObject({ everyMs: poll });
    expect(tiers[0]!.lookbackMs).toBeGreaterThanOrEqual(2 * poll);
    expect(tiers.at(-1)).toEqual({ lookbackMs: 14 * 86_400_000, everyMs: 86_400_000 });
  },
);
