import type { TimeRange } from '../contract/connector.ts';
import { type Coverage, markSwept } from './coverage.ts';
import { type DueSweep, dueSweeps, type SweepPlan } from './sweep-plan.ts';

/** Which sweeps a lane makes: the newest band only, all others only, or either in turn. */
export type LaneKind = 'live' | 'rest' | 'any';

/** One sweep to make now. */
export interface ScheduledSweep {
  readonly band: number;
  /** What to ask the provider for. */
  readonly range: TimeRange;
  /** What is swept when it has succeeded: without an end where the range reaches past every time there can be. */
  readonly covers: TimeRange;
  /** Whether it looks again at what was looked at before, for what came late. */
  readonly again: boolean;
}

export type ScheduleStep =
  | { readonly kind: 'sweep'; readonly sweep: ScheduledSweep }
  /** Nothing to do until then; provider's clock, microseconds. */
  | { readonly kind: 'wait'; readonly until: number };

/** What a completed sweep cost. */
export interface SweepCost {
  readonly pages: number;
  /** That the provider took to answer: waiting for the quota says nothing about the length of the range. */
  readonly answeringMs: number;
}

/** A chunk is to cost about this much: progress is noted after each, and other bands get their turn. */
const shortSweepMs = 2000;
const longSweepMs = 10_000;
const fewPages = 2;
const manyPages = 8;

const firstChunk = 3_600_000_000;
const leastChunk = 1000;
/** What was never looked at goes first, but for one sweep after so many: else a source that overtaxes its quota was never looked at again. */
const unseenInARow = 3;
/** A band that cannot be kept up with counts for no more than one that is this much overdue. */
const urgencyLimit = 4;

/**
 * Chooses the next sweep of each lane. Long stretches are cut into chunks whose length follows the time they take, so
 * that a busy source is never swept for minutes in one go. Bands that compete share by how overdue they are, up
 * to a limit above which they take turns: none is starved, and all fall behind in proportion.
 */
export class SweepSchedule {
  readonly #plan: SweepPlan;
  readonly #running = new Set<ScheduledSweep>();
  readonly #served = new Map<number, number>();
  #turn = 0;
  #restChunk = firstChunk;
  #liveChunk = Number.POSITIVE_INFINITY;
  #liveDemanded = false;
  #unseenServed = 0;

  constructor(plan: SweepPlan) {
    this.#plan = plan;
  }

  /** @param now by the provider's clock, microseconds. */
  next(kind: LaneKind, coverage: Coverage, now: number): ScheduleStep {
    let planned = coverage;
    for (const { covers } of this.#running) planned = markSwept(planned, covers, now, this.#plan.bound);
    const plan = this.#liveDemanded && kind !== 'rest' ? withLiveDue(this.#plan) : this.#plan;
    const { due, nextDueAt } = dueSweeps(planned, plan, now, (band) => belongs(kind, band));
    const chosen = this.#choose(due);
    if (chosen === undefined) return { kind: 'wait', until: nextDueAt };
    const sweep = this.#cut(chosen, now);
    if (sweep.band === 0) this.#liveDemanded = false;
    this.#running.add(sweep);
    this.#served.set(sweep.band, ++this.#turn);
    return { kind: 'sweep', sweep };
  }

  /** The newest band is swept next, whether it is due or not. */
  demandLive(): void {
    this.#liveDemanded = true;
  }

  succeeded(sweep: ScheduledSweep, { pages, answeringMs }: SweepCost): void {
    this.#running.delete(sweep);
    const length = sweep.range.end - sweep.range.start;
    if (sweep.band === 0) {
      if (Number.isFinite(this.#liveChunk)) this.#liveChunk *= 2;
      if (this.#liveChunk > this.#plan.tiers[0]!.lookback * 2) this.#liveChunk = Number.POSITIVE_INFINITY;
    } else if (pages > manyPages || (pages > 1 && answeringMs > longSweepMs)) {
      this.#restChunk = Math.max(leastChunk, halfOf(Math.min(length, this.#restChunk)));
    } else if (pages <= fewPages && answeringMs < shortSweepMs && length >= this.#restChunk) {
      this.#restChunk *= 2;
    }
  }

  /**
   * @param shrink whether a shorter range may succeed where this one did not.
   * @returns whether the next one will be shorter.
   */
  failed(sweep: ScheduledSweep, now: number, shrink: boolean): boolean {
    this.#running.delete(sweep);
    if (!shrink) return false;
    const length = Math.min(sweep.range.end, Math.max(now, sweep.range.start + leastChunk)) - sweep.range.start;
    if (length <= leastChunk) return false;
    if (sweep.band === 0) this.#liveChunk = halfOf(length);
    else this.#restChunk = halfOf(length);
    return true;
  }

  #choose(due: readonly DueSweep[]): DueSweep | undefined {
    const live = due.find(({ band }) => band === 0);
    // A single lane alternates: the newest events never wait for more than one chunk of something else.
    if (live && this.#served.get(0) !== this.#turn) return live;
    const unseen = due.filter((sweep) => sweep !== live && sweep.unseen);
    const isTheirTurn = unseen.length > 0 && this.#unseenServed < unseenInARow;
    const rest = isTheirTurn ? unseen : due.filter((sweep) => sweep !== live);
    const score = ({ urgency }: DueSweep) => Math.min(urgency, urgencyLimit);
    const lastServed = ({ band }: DueSweep) => this.#served.get(band) ?? 0;
    const [best] = rest.sort((left, right) => score(right) - score(left) || lastServed(left) - lastServed(right));
    if (best) this.#unseenServed = isTheirTurn ? this.#unseenServed + 1 : 0;
    return best ?? live;
  }

  #cut({ band, range, unseen }: DueSweep, now: number): ScheduledSweep {
    const chunk = band === 0 ? this.#liveChunk : this.#restChunk;
    const end = Math.min(range.end, range.start + chunk);
    const covers = { start: range.start, end };
    const again = !unseen;
    if (Number.isFinite(end)) return { band, range: covers, covers, again };
    const future = Math.ceil((now + this.#plan.future) / 1000) * 1000;
    return { band, range: { start: range.start, end: future }, covers, again };
  }
}

function belongs(kind: LaneKind, band: number): boolean {
  return kind === 'any' || (band === 0) === (kind === 'live');
}

function withLiveDue(plan: SweepPlan): SweepPlan {
  const [live, ...others] = plan.tiers;
  return { ...plan, tiers: [{ ...live!, every: 1 }, ...others] };
}

/** Whole milliseconds. */
function halfOf(micros: number): number {
  return Math.max(leastChunk, Math.floor(micros / 2000) * 1000);
}
