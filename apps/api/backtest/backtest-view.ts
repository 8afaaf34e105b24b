import { alertView, toAlertView } from '@tailrace/alert-rules/alert-view.ts';
import { isoNanos } from '@tailrace/log-query/iso-time.ts';
import { z } from 'zod';
import type { TimeRange } from '../stream/time-range.ts';
import type { BacktestResult } from './backtest.ts';
import type { RuleBacktest } from './rule-backtest.ts';

const time = z.string().describe('RFC 3339.');

const outcome = z.object({
  alerts: z.array(alertView).describe('Oldest first. Their ids are of this backtest alone.'),
  alerts_total: z.int().describe('All that it would have fired.'),
  alerts_cut: z.boolean().describe('Whether that is more than are listed: only the first that fire are.'),
  matched: z.int().describe('Lines that count for the rule.'),
  suppressed: z.int().describe('Repeats within the cooldowns of all alerts.'),
  late_lines: z.int().describe('Lines that came too late to count.'),
  timeline: z.object({
    bucket_seconds: z.int(),
    buckets: z
      .array(z.object({ start: time, matched: z.int(), alerts: z.int().describe('That begin in it.') }))
      .describe('Those that hold something, oldest first.'),
  }),
});

export const backtestView = z
  .object({
    project_id: z.string(),
    from: time,
    to: time,
    read: z.object({
      records: z.int().describe('Of the project, that were read of the kept log.'),
      outside_range: z.int().describe('Of the project, with an event time outside from and to.'),
      unreadable: z.int(),
      bytes: z.int(),
      seconds: z.number(),
      records_per_second: z.int(),
    }),
    log: z.object({
      whole: z.boolean().describe('False when the range may go back further than the log is kept.'),
      kept_since: time.nullable().describe('When whole is false: from when on all of the log is there, by arrival.'),
    }),
    ...outcome.shape,
    compared_with: z
      .object({
        ...outcome.shape,
        both: z.array(z.object({ first: z.string(), second: z.string() })),
        both_total: z.int(),
        only_first: z.array(z.string()),
        only_first_total: z.int(),
        only_second: z.array(z.string()),
        only_second_total: z.int(),
      })
      .nullable()
      .describe(
        'What the other rule would have fired. Two alerts of the same group that overlap in time are the same one in both; ids of the others are listed. All alerts are compared, and the totals count all; of each list only the first are there.',
      ),
  })
  .meta({ id: 'Backtest' });

/** What a backtest found, as the API gives it. */
export function toBacktestView(
  projectId: string,
  { from, to }: TimeRange,
  { rules: [first, second], comparison, read, isWhole, keptSince }: BacktestResult,
): z.output<typeof backtestView> {
  if (!first) throw new Error('a backtest is of one rule at least');
  const { records, outsideRange, unreadable, bytes, seconds } = read;
  return {
    project_id: projectId,
    from: isoNanos(from),
    to: isoNanos(to),
    read: {
      records,
      outside_range: outsideRange,
      unreadable,
      bytes,
      seconds: Math.round(seconds * 1000) / 1000,
      records_per_second: Math.round(records / Math.max(seconds, 0.001)),
    },
    log: { whole: isWhole, kept_since: keptSince === undefined ? null : isoNanos(keptSince * 1000) },
    ...toOutcome(first),
    compared_with: second && comparison ? { ...toOutcome(second), ...comparison } : null,
  };
}

function toOutcome(rule: RuleBacktest): z.output<typeof outcome> {
  const alerts = rule.alerts();
  return {
    alerts: alerts.map((alert) => toAlertView(alert)),
    alerts_total: rule.fired,
    alerts_cut: rule.fired > alerts.length,
    matched: rule.matched,
    suppressed: rule.ledger.suppressed,
    late_lines: rule.lateLines,
    timeline: {
      bucket_seconds: rule.timeline.width / 1_000_000,
      buckets: rule.timeline.buckets().map(({ start, ...counts }) => ({ start: isoNanos(start), ...counts })),
    },
  };
}
