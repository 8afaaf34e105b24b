import { describe, expect, it } from 'vitest';
import type { SweepTier, TimeRange } from '../contract/connector.ts';
import { type Coverage, freshCoverage, markSwept } from './coverage.ts';
import { bandOf, closeOld, dueSweeps, type SweepPlan, sweepPlan } from './sweep-plan.ts';

const second = 1_000_000;
const hour = 3600 * second;
const start = 1_700_000_000 * second;
const tiers: readonly SweepTier[] = [
  { lookbackMs: 120_000, everyMs: 1000 },
  { lookbackMs: 3_600_000, everyMs: 60_000 },
  { lookbackMs: 86_400_000, everyMs: 900_000 },
];

/** Sweeps whatever is due, in no time, from one moment to another. */
function run(plan: SweepPlan, coverage: Coverage, from: number, to: number) {
  const sweeps: { readonly band: number; readonly range: TimeRange; readonly at: number }[] = [];
  let now = from;
  let current = coverage;
  while (now <= to) {
    const { due, nextDueAt } = dueSweeps(current, plan, now);
    const [next] = due;
    if (next) {
      sweeps.push({ ...next, at: now });
      current = closeOld(markSwept(current, next.range, now, plan.bound), plan, now);
    } else {
      now = nextDueAt;
    }
  }
  return { coverage: current, sweeps };
}

function counts(sweeps: readonly { readonly band: number }[]): number[] {
  return [0, 1, 2, 3].map((band) => sweeps.filter((sweep) => sweep.band === band).length);
}

describe('sweep plan on the event axis', () => {
  const plan = sweepPlan('event', tiers, 300_000);

  it('sweeps each band once a period, whole, and keeps few steps', () => {
    const settled = run(plan, freshCoverage(start - 24 * hour), start, start + hour);
    const { sweeps, coverage } = run(plan, settled.coverage, start + hour, start + 2 * hour);
    const [live, hourly, daily, older] = counts(sweeps);
    expect(live).toBeGreaterThanOrEqual(3599);
    expect(live).toBeLessThanOrEqual(3602);
    expect(hourly).toBeGreaterThanOrEqual(59);
    expect(hourly).toBeLessThanOrEqual(63);
    expect(daily).toBeGreaterThanOrEqual(4);
    expect(daily).toBeLessThanOrEqual(5);
    expect(older).toBe(0);
    for (const { band, range } of sweeps.filter((sweep) => sweep.band === 1)) {
      expect(range.end - range.start).toBeGreaterThan(57 * 60 * second);
      expect(band).toBe(1);
    }
    expect(coverage.steps.length).toBeLessThan(40);
  });

  it('sweeps what a stop left at once, newest band first', () => {
    const before = run(plan, freshCoverage(start - hour), start, start + 60 * second).coverage;
    const { due } = dueSweeps(before, plan, start + 3 * hour);
    expect(due.map((sweep) => sweep.band)).toEqual([0, 1, 2]);
    const stopped = start + 60 * second;
    expect(due.map(({ unseen }) => unseen)).toEqual([false, true, true]);
    expect(due[2]?.range.start).toBe(stopped - plan.settling);
    expect(due[1]?.range.start).toBe(due[2]?.range.end);
    expect(due[0]?.range.start).toBe(due[1]?.range.end);
    // Not only because the periods are over: a stretch nobody looked at is due although its tier's period is not.
    const live = markSwept(
      before,
      { start: start + 3 * hour - 120 * second, end: Number.POSITIVE_INFINITY },
      start + 3 * hour,
      plan.bound,
    );
    const hourly = { ...plan, tiers: [plan.tiers[0]!, { lookback: hour, every: 10 * hour }] };
    expect(dueSweeps(live, hourly, start + 3 * hour).due.map((sweep) => sweep.band)).toContain(1);
  });

  it('gives what fell out of the longest tier during a stop one more look', () => {
    const plan = sweepPlan('event', [{ lookbackMs: 600_000, everyMs: 120_000 }, ...tiers.slice(2)], 300_000);
    const before = run(plan, freshCoverage(start - hour), start, start + 60 * second).coverage;
    const later = start + 20 * 24 * hour;
    const oldest = dueSweeps(before, plan, later).due.find((sweep) => sweep.band === 2);
    expect(oldest?.range.start).toBe(before.closedBefore);
    const after = run(plan, before, later, later + 2 * 24 * hour);
    expect(counts(after.sweeps)[2]).toBe(1);
    expect(after.coverage.closedBefore).toBeGreaterThan(later - 2 * 24 * hour);
  });

  it('never starts before the start', () => {
    const { due } = dueSweeps(freshCoverage(start), plan, start + 5 * second);
    expect(due).toEqual([{ band: 0, range: { start, end: Number.POSITIVE_INFINITY }, urgency: 5, unseen: false }]);
  });

  it('refuses tiers that are not ever longer', () => {
    expect(() => sweepPlan('event', [], 1000)).toThrow(RangeError);
    expect(() => sweepPlan('event', [tiers[1]!, tiers[0]!], 1000)).toThrow(RangeError);
  });
});

describe('sweep plan on the ingestion axis', () => {
  const plan = sweepPlan('ingestion', [{ lookbackMs: 1, everyMs: 10_000 }], 300_000);

  it('looks back over the bound, each time, and is done with what is older', () => {
    const { sweeps, coverage } = run(plan, freshCoverage(start), start, start + hour);
    expect(counts(sweeps)[1]).toBe(0);
    const last = sweeps.at(-1)!;
    expect(last.at - last.range.start).toBeGreaterThan(plan.bound);
    expect(last.at - last.range.start).toBeLessThan(plan.bound * 1.4);
    expect(coverage.closedBefore).toBeGreaterThan(start + hour - plan.bound * 1.5);
    expect(bandOf(plan, start, start - hour)).toBe(1);
  });

  it('reads all of what a stop left', () => {
    const before = run(plan, freshCoverage(start), start, start + hour).coverage;
    const { due } = dueSweeps(before, plan, start + 4 * hour);
    expect(due.map((sweep) => sweep.band)).toEqual([0, 1]);
    // Ingested so late that the last sweep was within the bound.
    expect(due[1]?.range).toEqual({ start: start + hour - plan.bound, end: due[0]?.range.start });
  });
});
