import type { SweepAxis, SweepTier, TimeRange } from '../contract/connector.ts';
import { type Coverage, closeSettled, type SweptStep, stepIndex } from './coverage.ts';

/**
 * Which stretches of the axis are to be swept how often. The tiers cut the axis, seen from now, into bands that do
 * not overlap: band 0 is what the first tier looks back over and everything newer, band j what tier j reaches
 * and tier j − 1 does not, and the last one (as many as there are tiers) everything older.
 *
 * - A stretch in band j is due when its last sweep is longer ago than tier j's period.
 * - A stretch that has not been swept since its own time passed (after a stop, or at the first run) is due at once. A
 *   moment is given for what comes a little late: a sweep that began within it has not seen the stretch.
 * - A stretch in the last band is due only if it left the longest tier without a last look.
 *
 * So nothing but the coverage says what is to be done: a restart, however late, goes on with what is due.
 */
export interface SweepPlan {
  /** Microseconds, shortest first. */
  readonly tiers: readonly { readonly lookback: number; readonly every: number }[];
  /** What comes this much after its time is as good as on time; microseconds. */
  readonly settling: number;
  /** How far past now the newest sweep reaches, microseconds. */
  readonly future: number;
  /** How long an event may stay invisible after its ingestion, as the connection's setting says; microseconds. */
  readonly declaredBound: number;
  /** The bound that the bookkeeping keeps: somewhat longer, so that a declared one that is too short is noticed. */
  readonly bound: number;
}

/** A sweep that is due. */
export interface DueSweep {
  readonly band: number;
  /** Its end is infinite for band 0. */
  readonly range: TimeRange;
  /** How overdue it is, in periods of its tier: at least 1. */
  readonly urgency: number;
  /** Whether it begins with what has never been looked at since it happened. */
  readonly unseen: boolean;
}

export interface DueSweeps {
  /** At most one a band: its oldest unseen stretch, else its oldest due one, and all that follows in the band. */
  readonly due: readonly DueSweep[];
  /** When the next one will be due, if nothing else is swept; microseconds. */
  readonly nextDueAt: number;
}

/** The clouds take events up to 24 h ahead of their time (Google Cloud), so this reaches past everything. */
const eventFuture = 25 * 3_600_000_000;
/** Ingestion times are never ahead; this only allows for clocks that differ. */
const ingestionFuture = 3_600_000_000;

/** The part of the newest band's look-back within which a stretch settles. */
const settlingPart = 0.25;
const longestSettling = 5_000_000;

/** Sweeps due within this part of a period are made together, so that a band does not fall into slivers. */
const togetherWithin = 0.25;

/** Starts of sweeps are aligned to this part of the look-back: few different starts make few steps. */
const startsPerLookback = 8;

/**
 * The bound kept, in parts of the one declared. Events that come between the two are emitted and counted as late; an
 * event later still cannot be distinguished from one that was emitted before, and is lost.
 */
const keptBound = 1.25;

/** @throws RangeError for tiers that are empty or not strictly ascending. */
export function sweepPlan(axis: SweepAxis, tiers: readonly SweepTier[], boundMs: number): SweepPlan {
  const [first] = tiers;
  if (first === undefined) throw new RangeError('a connector needs at least one sweep tier');
  const declaredBound = boundMs * 1000;
  const bound = declaredBound * keptBound;
  if (axis === 'ingestion') {
    // Nothing is ingested into the past: once a stretch is older than the bound, one more look settles it for good.
    const every = first.everyMs * 1000;
    const tiers = [{ lookback: bound + 2 * every, every }];
    return { tiers, settling: 0, future: ingestionFuture, declaredBound, bound };
  }
  for (const [index, tier] of tiers.entries()) {
    const shorter = tiers[index - 1];
    if (tier.lookbackMs <= (shorter?.lookbackMs ?? 0) || tier.everyMs <= (shorter?.everyMs ?? 0)) {
      throw new RangeError('sweep tiers must have ever longer look-backs and periods');
    }
  }
  return {
    tiers: tiers.map(({ lookbackMs, everyMs }) => ({ lookback: lookbackMs * 1000, every: everyMs * 1000 })),
    settling: Math.min(longestSettling, wholeMillisecond(first.lookbackMs * 1000 * settlingPart)),
    future: eventFuture,
    declaredBound,
    bound,
  };
}

/**
 * What is due now.
 *
 * @param now by the provider's clock, microseconds.
 * @param wanted bands to look at; all when left out.
 */
export function dueSweeps(
  coverage: Coverage,
  plan: SweepPlan,
  now: number,
  wanted: (band: number) => boolean = () => true,
): DueSweeps {
  const due: DueSweep[] = [];
  let nextDueAt = Number.POSITIVE_INFINITY;
  for (let band = 0; band <= plan.tiers.length; band++) {
    if (!wanted(band)) continue;
    const pieces = piecesOf(coverage, plan, now, band);
    const urgency = Math.max(0, ...pieces.map((piece) => urgencyOf(piece, plan, now, band, 0)));
    if (urgency >= 1) {
      const { start, unseen } = firstDue(pieces, plan, now, band);
      due.push({ band, range: { start, end: pieces.at(-1)!.end }, urgency, unseen });
    } else if (band < plan.tiers.length) {
      const { every } = plan.tiers[band]!;
      for (const { sweptAt } of pieces) nextDueAt = Math.min(nextDueAt, sweptAt + every);
    }
  }
  return { due, nextDueAt };
}

/** Closes what no sweep will look at again. */
export function closeOld(coverage: Coverage, plan: SweepPlan, now: number): Coverage {
  const oldest = bandStart(plan, now, plan.tiers.length - 1);
  return closeSettled(coverage, (step, end) => end <= oldest && step.sweptAt >= lastLook(plan, end));
}

/** The band of a time, seen from now. */
export function bandOf(plan: SweepPlan, now: number, time: number): number {
  for (let band = 0; band < plan.tiers.length; band++) {
    if (time >= bandStart(plan, now, band)) return band;
  }
  return plan.tiers.length;
}

function bandStart({ tiers }: SweepPlan, now: number, band: number): number {
  const { lookback } = tiers[band]!;
  const grid = wholeMillisecond(lookback / startsPerLookback) || 1000;
  return Math.floor((now - lookback) / grid) * grid;
}

/** A part of a step that lies in one band. */
interface Piece extends SweptStep {
  readonly end: number;
}

function piecesOf({ closedBefore, steps }: Coverage, plan: SweepPlan, now: number, band: number): Piece[] {
  const oldest = band === plan.tiers.length;
  const start = Math.max(closedBefore, oldest ? closedBefore : bandStart(plan, now, band));
  const end = band === 0 ? Number.POSITIVE_INFINITY : bandStart(plan, now, band - 1);
  const pieces: Piece[] = [];
  if (start >= end) return pieces;
  for (let index = stepIndex(steps, start); index < steps.length && steps[index]!.start < end; index++) {
    const step = steps[index]!;
    const stepEnd = steps[index + 1]?.start ?? Number.POSITIVE_INFINITY;
    pieces.push({ ...step, start: Math.max(start, step.start), end: Math.min(end, stepEnd) });
  }
  return pieces;
}

/**
 * Where a due band's next sweep begins. What nobody has seen comes before what is only looked at again; beyond the
 * longest tier both are looked at once, so they are taken together.
 */
function firstDue(pieces: readonly Piece[], plan: SweepPlan, now: number, band: number) {
  const begin = (piece: Piece, from: number) => Math.max(piece.start, wholeMillisecond(from));
  const unseen = pieces.find((piece) => unseenFrom(piece, plan, band) < piece.end);
  if (unseen && band < plan.tiers.length) return { start: begin(unseen, unseenFrom(unseen, plan, band)), unseen: true };
  const first = pieces.find((piece) => urgencyOf(piece, plan, now, band, togetherWithin) >= 1)!;
  return {
    start: begin(first, unsweptFrom(first, plan, now, band, togetherWithin)),
    unseen: unseen !== undefined,
  };
}

/** From where on the piece's times had not passed, or not settled, when it was swept. The newest band always has some such. */
function unseenFrom(piece: Piece, { settling }: SweepPlan, band: number): number {
  return band === 0 ? piece.end : Math.max(piece.start, piece.sweptAt + 1 - settling);
}

/** From where on the piece is due, or will be within the given part of a period; its end or later when nothing is. */
function unsweptFrom(piece: Piece, plan: SweepPlan, now: number, band: number, ahead: number): number {
  const longest = plan.tiers.at(-1)!;
  // Times later than this did not have their last look, see `lastLook`.
  if (band === plan.tiers.length) return piece.sweptAt - longest.lookback + 2 * longest.every + 1;
  if (piece.sweptAt <= now - plan.tiers[band]!.every * (1 - ahead)) return piece.start;
  return unseenFrom(piece, plan, band);
}

/** In periods of the band's tier; below 1 when nothing is due. */
function urgencyOf(piece: Piece, plan: SweepPlan, now: number, band: number, ahead: number): number {
  const from = Math.max(piece.start, unsweptFrom(piece, plan, now, band, ahead));
  if (from >= piece.end) return 0;
  const { every } = plan.tiers[Math.min(band, plan.tiers.length - 1)]!;
  return Math.max(1, (now - Math.max(piece.sweptAt, from)) / every);
}

/**
 * The least `sweptAt` at which a time needs no further sweep: a period before it leaves the longest tier, and another
 * one for a sweep that was late.
 */
function lastLook({ tiers }: SweepPlan, time: number): number {
  const { lookback, every } = tiers.at(-1)!;
  return time + lookback - 2 * every;
}

function wholeMillisecond(micros: number): number {
  return Math.floor(micros / 1000) * 1000;
}
