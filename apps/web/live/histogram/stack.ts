import type { AnswerOf } from '@tailrace/http/client/api-calls.ts';

type LevelCounts = AnswerOf<'GET stream/{project_id}/histogram'>;
export type GroupCounts = AnswerOf<'GET stream/{project_id}/aggregate'>;

/**
 * From the top of a bar to its foot: the worst stands on the axis, where heights are compared most easily. Drawn in this
 * order, each over the one before.
 */
const stackedLevels = ['unset', 'trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

/** As many groups have a colour of their own. */
export const colouredGroups = 6;

/** One part of every bar. */
export interface Layer {
  /** What it is of: a level, or the value of the field that groups. */
  readonly kind: 'level' | 'group' | 'none' | 'others';
  readonly name: string;
  /** The token of its colour: `--bar-error`. */
  readonly colour: string;
  /** Lines of each bar. */
  readonly counts: readonly number[];
  readonly total: number;
}

/** Lines counted by time, in parts that stand on each other. */
export interface Bars {
  readonly from: string;
  readonly to: string;
  readonly countedFrom: string;
  readonly intervalMs: number;
  readonly starts: readonly string[];
  /** From the top of a bar to its foot. */
  readonly layers: readonly Layer[];
  /** Values that have no layer of their own. */
  readonly groupsLeftOut: number;
}

export function barsOfLevels(counts: LevelCounts): Bars {
  return {
    from: counts.from,
    to: counts.to,
    countedFrom: counts.counted_from,
    intervalMs: counts.interval_ms,
    starts: counts.buckets.map(({ start }) => start),
    layers: stackedLevels.map((level) => {
      const each = counts.buckets.map(({ levels }) => levels[level] ?? 0);
      return { kind: 'level', name: level, colour: `--bar-${level}`, counts: each, total: sum(each) };
    }),
    groupsLeftOut: 0,
  };
}

/** The greatest group stands on the axis, and all others are on top. */
export function barsOfGroups(counts: GroupCounts): Bars {
  const layers = counts.groups.map(({ group: [value = null], series }, index): Layer => {
    const each = (series?.count ?? []).map((lines) => lines ?? 0);
    const kind = value === null ? 'none' : 'group';
    return { kind, name: value ?? 'without', colour: `--group-${index + 1}`, counts: each, total: sum(each) };
  });
  if (counts.others !== null) {
    const each = (counts.others.series?.count ?? []).map((lines) => lines ?? 0);
    layers.push({ kind: 'others', name: 'other', colour: '--group-others', counts: each, total: sum(each) });
  }
  return {
    from: counts.from,
    to: counts.to,
    countedFrom: counts.counted_from,
    intervalMs: counts.interval_ms ?? 0,
    starts: counts.starts,
    layers: layers.reverse(),
    groupsLeftOut: counts.groups_left_out,
  };
}

/** Times in seconds, and for each layer the height at which its part of the bar ends. */
export function stack({ starts, layers }: Pick<Bars, 'starts' | 'layers'>): [number[], ...number[][]] {
  const below = starts.map(() => 0);
  const heights = [...layers].reverse().map(({ counts }) =>
    below.map((height, index) => {
      const top = height + (counts[index] ?? 0);
      below[index] = top;
      return top;
    }),
  );
  return [starts.map((start) => Date.parse(start) / 1000), ...heights.reverse()];
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, each) => total + each, 0);
}
