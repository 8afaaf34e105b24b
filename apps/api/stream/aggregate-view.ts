import { isoNanos } from '@tailrace/log-query/iso-time.ts';
import type { AggregateGroup, Results } from '@tailrace/log-query/numbers/aggregation.ts';
import { type AggregateFunction, needsField } from '@tailrace/log-query/numbers/functions.ts';
import type { Unit } from '@tailrace/log-query/query/quantity.ts';
import { type Aggregate, groupCharacters } from '@tailrace/postgres/logs/log-aggregate.ts';
import { z } from 'zod';
import type { TimeRange } from './time-range.ts';

const results = z
  .record(z.string(), z.number().nullable())
  .describe('By function; null where there is no number to make it of.');
const series = z
  .record(z.string(), z.array(z.number().nullable()))
  .optional()
  .describe('By function, a result for each of starts.');
const sums = { results, series };

export const aggregateView = z.object({
  from: z.string(),
  to: z.string(),
  counted_from: z.string().describe('Later than from when the time was up: what is before it is in no result.'),
  unit: z
    .enum(['number', 'seconds', 'bytes'])
    .nullable()
    .describe('What sum, avg, min, max and percentiles are in; null without a field.'),
  lines: z.int().describe('Lines that match.'),
  lines_without_number: z.int().describe('Those of them whose field is missing or no number of the unit.'),
  by: z.array(z.string()),
  interval_ms: z.number().nullable().describe('Width of a part of time; null without parts.'),
  starts: z.array(z.string()).describe('When each part of time begins. The range may cut the first and the last.'),
  total: z.object(sums).describe('Of all lines.'),
  groups: z
    .array(
      z.object({ group: z.array(z.string().nullable()).describe('In the order of by; null: without one.'), ...sums }),
    )
    .describe('The first groups by the first function, the greatest first; none without by.'),
  others: z.object(sums).nullable().describe('All other groups together.'),
  groups_left_out: z.int().describe('How many those are, at least.'),
  approximations: z.array(z.string()).describe('What is not exact, and how far; empty: everything is.'),
});

interface Asked {
  readonly range: TimeRange;
  readonly by: readonly string[];
  readonly functions: readonly AggregateFunction[];
  readonly width: number | undefined;
}

export function toAggregateView(
  { range, by, functions, width }: Asked,
  found: Aggregate,
): z.output<typeof aggregateView> {
  const { unit } = found;
  const first = width === undefined ? 0 : Math.floor(Math.max(range.from, found.countedFrom) / width);
  const buckets = width === undefined ? 0 : Math.max(0, Math.ceil(range.to / width) - first);
  const inUnit = functions.map((name) => (value: number | null) => scaled(value, needsField(name) ? unit : undefined));
  const named = <Value>(of: (index: number) => Value) =>
    Object.fromEntries(functions.map((name, index) => [name, of(index)]));
  const toResults = (values: Results) => named((index) => inUnit[index]?.(values[index] ?? null) ?? null);
  const empty = functions.map((name) => (needsField(name) ? null : 0));
  const toSums = ({ total, buckets: byBucket }: Omit<AggregateGroup, 'group'>) => ({
    results: toResults(total),
    ...(width !== undefined && {
      series: named((index) =>
        Array.from(
          { length: buckets },
          (_, at) => inUnit[index]?.((byBucket.get(first + at) ?? empty)[index] ?? null) ?? null,
        ),
      ),
    }),
  });
  return {
    from: isoNanos(range.from),
    to: isoNanos(range.to),
    counted_from: isoNanos(found.countedFrom),
    unit: unit === undefined ? null : unitNames[unit],
    lines: found.lines,
    lines_without_number: found.withoutNumber,
    by: [...by],
    interval_ms: width === undefined ? null : width / 1000,
    starts: Array.from({ length: buckets }, (_, at) => isoNanos((first + at) * (width ?? 0))),
    total: toSums(found.total),
    groups: by.length === 0 ? [] : found.groups.map((each) => ({ group: [...each.group], ...toSums(each) })),
    others: found.others === undefined || by.length === 0 ? null : toSums(found.others),
    groups_left_out: by.length === 0 ? 0 : found.groupsLeftOut,
    approximations: approximationsOf(found),
  };
}

const unitNames = { number: 'number', duration: 'seconds', size: 'bytes' } as const satisfies Record<Unit, string>;

/** Durations are counted in nanoseconds and given in seconds. */
function scaled(value: number | null, unit: Unit | undefined): number | null {
  return value !== null && unit === 'duration' ? value / 1e9 : value;
}

function approximationsOf({ isGroupOverflow, percentileError, groups }: Aggregate): string[] {
  const isCut = groups.some(({ group }) => group.some((text) => (text?.length ?? 0) >= groupCharacters));
  return [
    ...(isGroupOverflow
      ? [
          'There are more groups than are distinguished: those that only older lines have are counted together in others, so that one of them may be missing among the first.',
        ]
      : []),
    ...(percentileError > 0
      ? [
          `There are many different values: percentiles are within ${Number((percentileError * 100).toPrecision(2))} % of the exact ones.`,
        ]
      : []),
    ...(isCut ? [`Groups are distinguished by the first ${groupCharacters} characters of their values.`] : []),
  ];
}
