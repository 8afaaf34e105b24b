import { describe, expect, it } from 'vitest';
import { type Coverage, freshCoverage, markSwept } from './coverage.ts';
import { sweepPlan } from './sweep-plan.ts';
import { type LaneKind, type ScheduledSweep, type SweepCost, SweepSchedule } from './sweep-schedule.ts';

const second = 1_000_000;
const hour = 3600 * second;
const now = 1_700_000_000 * second;
const plan = sweepPlan(
  'event',
  [
    { lookbackMs: 120_000, everyMs: 1000 },
    { lookbackMs: 3_600_000, everyMs: 60_000 },
    { lookbackMs: 86_400_000, everyMs: 900_000 },
  ],
  300_000,
);

const quick = { pages: 1, answeringMs: 1 };

function sweepOf(schedule: SweepSchedule, kind: LaneKind, coverage: Coverage, at = now): ScheduledSweep {
  const step = schedule.next(kind, coverage, at);
  if (step.kind === 'wait') throw new Error('nothing is due');
  return step.sweep;
}

describe('SweepSchedule', () => {
  it('gives each lane its bands, and no stretch to two lanes', () => {
    const schedule = new SweepSchedule(plan);
    const coverage = freshCoverage(now - 5 * hour);
    const live = sweepOf(schedule, 'live', coverage);
    expect(live.band).toBe(0);
    expect(live.covers.end).toBe(Number.POSITIVE_INFINITY);
    expect(live.range.end).toBe(now + 25 * hour);
    const taken = [1, 2, 3, 4, 5, 6].map(() => sweepOf(schedule, 'rest', coverage));
    const sorted = taken.toSorted((left, right) => left.range.start - right.range.start);
    expect(sorted[0]?.range.start).toBe(now - 5 * hour);
    for (const [index, sweep] of sorted.entries()) {
      expect(sweep.range.end).toBe(sorted[index + 1]?.range.start ?? live.range.start);
    }
    expect(schedule.next('rest', coverage, now)).toEqual({ kind: 'wait', until: expect.any(Number) });
    expect(schedule.next('live', coverage, now)).toEqual({ kind: 'wait', until: now + second });
  });

  it('lets a single lane alternate, so that the newest events wait for one chunk only', () => {
    const schedule = new SweepSchedule(plan);
    let coverage = freshCoverage(now - 20 * hour);
    const bands: number[] = [];
    for (let tick = 0; tick < 12; tick++) {
      const at = now + tick * 3 * second;
      const sweep = sweepOf(schedule, 'any', coverage, at);
      bands.push(sweep.band);
      coverage = markSwept(coverage, sweep.covers, at, plan.bound);
      schedule.succeeded(sweep, { pages: 2, answeringMs: 3000 });
    }
    expect(bands.filter((_, index) => index % 2 === 0)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(bands.filter((_, index) => index % 2 === 1)).not.toContain(0);
  });

  it('serves bands in turns when it can keep up with none', () => {
    const schedule = new SweepSchedule(plan);
    let coverage = freshCoverage(now - 30 * 24 * hour);
    const served = new Set<number>();
    for (let tick = 0; tick < 8; tick++) {
      const at = now + tick * 600 * second;
      const sweep = sweepOf(schedule, 'rest', coverage, at);
      served.add(sweep.band);
      coverage = markSwept(coverage, sweep.covers, at, plan.bound);
      schedule.succeeded(sweep, { pages: 2, answeringMs: 600_000 });
    }
    expect(served).toEqual(new Set([1, 2, 3]));
  });

  it('cuts what takes long into shorter chunks, and what is quick into longer ones', () => {
    const lengths = (cost: SweepCost) => {
      const schedule = new SweepSchedule(plan);
      let coverage = freshCoverage(now - 23 * hour);
      return [1, 2, 3, 4].map(() => {
        const sweep = sweepOf(schedule, 'rest', markSwept(coverage, { start: now - hour, end: now }, now, plan.bound));
        coverage = markSwept(coverage, sweep.covers, now, plan.bound);
        schedule.succeeded(sweep, cost);
        return (sweep.range.end - sweep.range.start) / hour;
      });
    };
    expect(lengths({ pages: 3, answeringMs: 20_000 })).toEqual([1, 0.5, 0.25, 0.125]);
    expect(lengths({ pages: 20, answeringMs: 200 })).toEqual([1, 0.5, 0.25, 0.125]);
    expect(lengths({ pages: 1, answeringMs: 100 })).toEqual([1, 2, 4, 8]);
    // A single page cannot be had in fewer requests.
    expect(lengths({ pages: 1, answeringMs: 20_000 })).toEqual([1, 1, 1, 1]);
  });

  it('halves a range that is too large, until it is a millisecond', () => {
    for (const kind of ['live', 'rest'] as const) {
      const schedule = new SweepSchedule(plan);
      const hourly = { start: now - 2 * hour, end: now - 120 * second };
      const coverage = markSwept(freshCoverage(now - 5 * hour), hourly, now, plan.bound);
      let sweep = sweepOf(schedule, kind, coverage);
      let halvings = 0;
      while (schedule.failed(sweep, now, true)) {
        const { start } = sweep.range;
        sweep = sweepOf(schedule, kind, coverage);
        expect(sweep.range.start).toBe(start);
        expect(sweep.covers).toEqual(sweep.range);
        halvings += 1;
      }
      expect(sweep.range.end - sweep.range.start).toBe(1000);
      expect(halvings).toBeGreaterThan(10);
    }
  });

  it('covers the newest events whole again once ranges go through', () => {
    const schedule = new SweepSchedule(plan);
    let coverage = freshCoverage(now - 60 * second);
    schedule.failed(sweepOf(schedule, 'live', coverage), now, true);
    let swept = 0;
    for (let end = 0; end !== Number.POSITIVE_INFINITY; swept++) {
      const sweep = sweepOf(schedule, 'live', coverage);
      expect(sweep.range.start).toBe(swept === 0 ? now - 60 * second : end);
      end = sweep.covers.end;
      coverage = markSwept(coverage, sweep.covers, now, plan.bound);
      schedule.succeeded(sweep, quick);
    }
    expect(swept).toBeLessThan(6);
  });

  it('sweeps the newest events at once when they are demanded', () => {
    const schedule = new SweepSchedule(plan);
    const coverage = markSwept(freshCoverage(now - hour), { start: 0, end: Number.POSITIVE_INFINITY }, now, plan.bound);
    expect(schedule.next('live', coverage, now + 1000).kind).toBe('wait');
    schedule.demandLive();
    const sweep = sweepOf(schedule, 'live', coverage, now + 1000);
    expect(sweep.range.start).toBeLessThan(now - 119 * second);
    schedule.succeeded(sweep, quick);
    expect(schedule.next('live', coverage, now + 1000).kind).toBe('wait');
  });
});
