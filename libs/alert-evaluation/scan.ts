/** Buckets in a row in which a condition holds: from the first, to the one behind the last. */
export interface Run {
  readonly from: number;
  readonly to: number;
  /** It may go on: behind `to` nothing is known yet. */
  readonly open: boolean;
}

/** Lines of one bucket. */
export interface Count {
  readonly bucket: number;
  readonly count: number;
}

/** One alert's share of event time: from its start, for the length of the cooldown. */
export interface Interval {
  readonly start: number;
  /** The start of the alert that continues it; else the first bucket in which the condition held no more. */
  readonly end: number;
  /** Whether that end may still move, as nothing is known behind it. */
  readonly open: boolean;
  /** How often the condition came to hold within the cooldown, the start included. */
  readonly crossings: number;
  /** The condition held from the interval before to this one without a break. */
  readonly continues: boolean;
  /** It goes on holding behind the cooldown, until the next interval, which continues this one. */
  readonly unbroken: boolean;
}

/**
 * Where the sum of the last `window` buckets is at least `atLeast`. More lines only ever make it hold in more buckets.
 * @param counts ascending, none 0.
 */
export function countRuns(counts: readonly Count[], window: number, atLeast: number): Run[] {
  const runs: Run[] = [];
  let sum = 0;
  let from: number | undefined;
  for (let head = 0, tail = 0; tail < counts.length; ) {
    const entering = counts[head]?.bucket ?? Number.POSITIVE_INFINITY;
    const leaving = (counts[tail]?.bucket ?? 0) + window;
    const at = Math.min(entering, leaving);
    if (leaving === at) sum -= counts[tail++]?.count ?? 0;
    if (entering === at) sum += counts[head++]?.count ?? 0;
    if (sum >= atLeast) from ??= at;
    else if (from !== undefined) {
      runs.push({ from, to: at, open: false });
      from = undefined;
    }
  }
  return runs;
}

/**
 * Where there was no line for `window` buckets, as far as is known.
 * @param lines buckets with lines, ascending. @param complete the first bucket of which not all is known.
 */
export function silenceRuns(lines: readonly number[], window: number, complete: number): Run[] {
  return lines.flatMap((line, index) => {
    const next = lines[index + 1];
    const from = line + window;
    const to = next ?? complete;
    return from < to ? [{ from, to, open: next === undefined }] : [];
  });
}

/** The first bucket from one to before another in which an alert may begin; undefined where there is none. */
export type Beginning = (from: number, to: number) => number | undefined;

/** A window's lines go on counting for as long as it is, but an alert begins with a line, never in a time to come. */
export function withLines(counts: readonly Count[]): Beginning {
  return (from, to) => {
    let low = 0;
    for (let high = counts.length; low < high; ) {
      const middle = (low + high) >>> 1;
      if (counts[middle]!.bucket < from) low = middle + 1;
      else high = middle;
    }
    const bucket = counts[low]?.bucket;
    return bucket !== undefined && bucket < to ? bucket : undefined;
  };
}

/** Silence is known of complete times only, so an alert may begin in any of them. */
export const anywhere: Beginning = (from, to) => (from < to ? from : undefined);

/**
 * Which alerts there are: the first bucket that holds and in which one may begin does; the next begins at the first such
 * bucket once the cooldown of this one is over. A function of the lines alone.
 *
 * Where lines are added, no alert goes and none begins later: each former start lies in exactly one interval, no two in
 * the same. That is what lets an alert keep its identity while late lines come in.
 *
 * @param runs ascending, apart from each other. @param cooldown buckets, 1 at least.
 * @param from no alert begins earlier. @param unbroken whether the condition held up to `from` from an alert before it.
 */
export function intervalsOf(
  runs: readonly Run[],
  cooldown: number,
  from: number,
  unbroken: boolean,
  begins: Beginning,
): Interval[] {
  const intervals: Interval[] = [];
  let next = from;
  let held = unbroken;
  for (let index = 0; index < runs.length; ) {
    const first = runs[index];
    const start = first && begins(Math.max(first.from, next), first.to);
    if (!first || start === undefined) {
      index += 1;
      continue;
    }
    const limit = start + cooldown;
    let last = first;
    let crossings = 1;
    for (let run = runs[index + 1]; run && run.from < limit; run = runs[index + 1]) {
      index += 1;
      crossings += 1;
      last = run;
    }
    const successor = begins(Math.max(last.from, limit), last.to);
    const goesOn = successor !== undefined;
    intervals.push({
      start,
      end: successor ?? last.to,
      open: last.open && !goesOn,
      crossings,
      continues: held && first.from <= next,
      unbroken: goesOn,
    });
    next = limit;
    held = goesOn;
  }
  return intervals;
}
