import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closeSettled, freshCoverage, isEmitted, leastFloor, markSwept, stepIndex } from './coverage.ts';

const sweep = fc.record({
  start: fc.integer({ min: -20, max: 120 }),
  length: fc.oneof(fc.nat(40), fc.constant(Number.POSITIVE_INFINITY)),
  sweptAt: fc.integer({ min: 1, max: 300 }),
});
const bound = 50;

describe('coverage', () => {
  it('says what the list of completed sweeps says', () => {
    fc.assert(
      fc.property(
        fc.array(sweep, { maxLength: 20 }),
        fc.nat(130),
        fc.nat(300),
        fc.nat(30),
        (sweeps, time, ingested, span) => {
          let coverage = freshCoverage(10);
          for (const { start, length, sweptAt } of sweeps) {
            coverage = markSwept(coverage, { start, end: start + length }, sweptAt, bound);
          }
          const floorOf = (at: number) =>
            Math.max(
              0,
              ...sweeps.flatMap(({ start, length, sweptAt }) =>
                start <= at && at < start + length ? [sweptAt - bound] : [],
              ),
            );
          const emitted = (at: number) => at < 10 || ingested <= floorOf(at);
          expect(isEmitted(coverage, time, ingested)).toBe(emitted(time));
          const times = Array.from({ length: span + 1 }, (_, offset) => time + offset).filter((at) => at >= 10);
          expect(leastFloor(coverage, time, time + span)).toBe(
            Math.min(Number.POSITIVE_INFINITY, ...times.map(floorOf)),
          );
          const starts = coverage.steps.map((step) => step.start);
          expect(starts).toEqual([...new Set(starts)].sort((left, right) => left - right));
          expect(starts[0]).toBe(10);
        },
      ),
    );
  });

  it('does not lower a floor when the bound is raised', () => {
    const before = markSwept(freshCoverage(0), { start: 0, end: 100 }, 1000, 10);
    const after = markSwept(before, { start: 0, end: 100 }, 1005, 500);
    expect(after.steps[0]).toEqual({ start: 0, sweptAt: 1005, floor: 990 });
  });

  it('closes leading steps only, and never the last', () => {
    let coverage = freshCoverage(0);
    for (const start of [10, 20, 30]) coverage = markSwept(coverage, { start, end: 100 }, start * 10, 0);
    const closed = closeSettled(coverage, (_, end) => end !== 30);
    expect(closed.closedBefore).toBe(20);
    expect(closed.steps[stepIndex(closed.steps, 25)]?.sweptAt).toBe(200);
    expect(closeSettled(coverage, () => true).steps).toHaveLength(1);
  });
});
