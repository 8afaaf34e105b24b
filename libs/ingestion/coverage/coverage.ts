import type { TimeRange } from '../contract/connector.ts';

/** A stretch of the axis, from `start` up to the next step's start; the last one has no end. All microseconds. */
export interface SweptStep {
  readonly start: number;
  /** When the last completed sweep of this stretch began, by the provider's clock. `never`: it has not been swept. */
  readonly sweptAt: number;
  /** Every event of this stretch that was ingested up to this time has been emitted. */
  readonly floor: number;
}

/**
 * Which events are known to have been emitted without looking up their ids: the sweeps completed so far, boiled down to
 * one floor for each point of the axis (event time, or ingestion time where that is what a provider filters by).
 *
 * A sweep that begins at s and reads [a, b) whole shows every event of that range ingested by s − bound, since no event
 * stays invisible for longer than the bound. Hence each completed sweep raises the floor of its range to s − bound, and
 * an event (time, ingested) at or below the floor of its time was emitted by then.
 */
export interface Coverage {
  /** Everything before this is settled: emitted, or not wanted. Never swept again. */
  readonly closedBefore: number;
  /** Ascending and not empty; the first starts at `closedBefore`. Neighbours differ. */
  readonly steps: readonly SweptStep[];
}

/** The `sweptAt` and `floor` of what was never swept. */
export const never = 0;

export function freshCoverage(start: number): Coverage {
  return { closedBefore: start, steps: [{ start, sweptAt: never, floor: never }] };
}

export function isEmitted(coverage: Coverage, time: number, ingested: number): boolean {
  return time < coverage.closedBefore || coverage.steps[stepIndex(coverage.steps, time)]!.floor >= ingested;
}

/** The least floor of the times from `first` to `last`, both included; infinite where all of them are closed. */
export function leastFloor({ closedBefore, steps }: Coverage, first: number, last: number): number {
  if (last < closedBefore) return Number.POSITIVE_INFINITY;
  let least = Number.POSITIVE_INFINITY;
  for (let index = stepIndex(steps, Math.max(first, closedBefore)); index < steps.length; index++) {
    const step = steps[index]!;
    if (step.start > last) break;
    least = Math.min(least, step.floor);
  }
  return least;
}

/**
 * Notes a completed sweep. Floors never fall, so a visibility bound that was raised does not bring back events whose ids
 * are forgotten.
 *
 * @param range its end is infinite for a sweep that reached past every time the provider accepts.
 * @param sweptAt when the sweep began, by the provider's clock.
 */
export function markSwept(coverage: Coverage, range: TimeRange, sweptAt: number, boundMicros: number): Coverage {
  const start = Math.max(range.start, coverage.closedBefore);
  if (range.end <= start) return coverage;
  const steps: SweptStep[] = [];
  for (const [index, step] of coverage.steps.entries()) {
    const end = coverage.steps[index + 1]?.start ?? Number.POSITIVE_INFINITY;
    if (end <= start || step.start >= range.end) {
      append(steps, step);
      continue;
    }
    if (step.start < start) append(steps, step);
    append(steps, {
      start: Math.max(step.start, start),
      sweptAt: Math.max(step.sweptAt, sweptAt),
      floor: Math.max(step.floor, sweptAt - boundMicros, never),
    });
    if (end > range.end) append(steps, { ...step, start: range.end });
  }
  return { closedBefore: coverage.closedBefore, steps };
}

/**
 * Closes the leading stretches that need no sweep any more, so that the steps of years do not pile up.
 *
 * @param isSettled whether a stretch from its step's start to `end` needs no more sweeps.
 */
export function closeSettled(coverage: Coverage, isSettled: (step: SweptStep, end: number) => boolean): Coverage {
  const { steps } = coverage;
  let first = 0;
  while (first < steps.length - 1 && isSettled(steps[first]!, steps[first + 1]!.start)) first++;
  if (first === 0) return coverage;
  return { closedBefore: steps[first]!.start, steps: steps.slice(first) };
}

/** The step that holds `time`, which is not before the first one. */
export function stepIndex(steps: readonly SweptStep[], time: number): number {
  let low = 0;
  let high = steps.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (steps[middle]!.start <= time) low = middle;
    else high = middle - 1;
  }
  return low;
}

function append(steps: SweptStep[], step: SweptStep): void {
  const last = steps.at(-1);
  if (last && last.sweptAt === step.sweptAt && last.floor === step.floor) return;
  steps.push(step);
}
