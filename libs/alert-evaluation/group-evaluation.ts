import { bucketMs } from '@tailrace/alert-rules/bucket.ts';
import type { CompiledRule } from '@tailrace/alert-rules/matching/compiled-rule.ts';
import type { AlertEvent } from '@tailrace/schemas/generated/alert-event.ts';
import type { GroupState } from '@tailrace/schemas/generated/group-state.ts';
import type { TrackedAlert } from '@tailrace/schemas/generated/tracked-alert.ts';
import { alertId } from './alert-snapshot.ts';
import { anywhere, type Count, countRuns, type Interval, intervalsOf, silenceRuns, withLines } from './scan.ts';

/** Something to report about an alert. */
export interface AlertChange {
  readonly event: AlertEvent;
  readonly alert: TrackedAlert;
}

export interface GroupEvaluation {
  readonly changes: readonly AlertChange[];
  readonly alerts: readonly TrackedAlert[];
  readonly scanFrom: number;
  readonly before: string | null;
  readonly ordinal: number;
  /** When complete up to there, an alert that is open now is over; infinite when none is. */
  readonly endsBy: number;
}

/** How a rule's times are in buckets. */
export function bucketsOf({ rule, condition }: CompiledRule) {
  const window = condition.windowMs / bucketMs;
  const cooldown = (rule.cooldown_minutes * 60_000) / bucketMs;
  // Two alerts of one bucket would be the same: without a cooldown each bucket with a line may have its own. Silence holds
  // in every bucket, and says nothing new before it has lasted as long again.
  return { window, cooldown: Math.max(condition.type === 'silence' ? window : 1, cooldown) };
}

export interface GroupInput {
  readonly rule: CompiledRule;
  readonly group: string;
  readonly state: GroupState;
  readonly counts: readonly Count[];
  /** The first bucket that is not complete, by the best that is known. */
  readonly complete: number;
  /** The same by watermark alone; undefined while there is none. */
  readonly watermark: number | undefined;
  /** No line of an earlier bucket is counted any more. */
  readonly accepted: number;
  readonly now: number;
}

/** Which alerts a group has by all that is known of it, and what is new about them. */
export function evaluateGroup(input: GroupInput): GroupEvaluation {
  const { rule, state, complete } = input;
  const { window, cooldown } = bucketsOf(rule);
  const [runs, begins] =
    rule.condition.type === 'count'
      ? [countRuns(input.counts, window, rule.condition.atLeast), withLines(input.counts)]
      : [silenceRuns(withAnchor(input), window, complete), anywhere];
  const intervals = intervalsOf(runs, cooldown, state.scan_from, state.before !== null, begins);
  const changes: AlertChange[] = [];
  const alerts: TrackedAlert[] = [];
  let { ordinal, before } = state;
  const former = new Set(state.alerts);
  for (const interval of intervals) {
    const known = state.alerts.find(({ start }) => start >= interval.start && start < interval.start + cooldown);
    if (known) former.delete(known);
    const alert = asItIs(input, interval, known ?? newAlert(input, interval, ordinal), before);
    if (!known) ordinal += 1;
    alerts.push(told(input, alert, known, changes));
    before = alert.id;
  }
  // Only silence can turn out not to have been any: a late line came.
  for (const alert of former) {
    if (alert.resolution !== null) continue;
    const ended = { ...alert, sequence: alert.sequence + 1, end: alert.start, resolution: 'condition_ended' };
    changes.push({ event: 'resolved', alert: ended });
  }
  const ends = intervals.flatMap(({ end, open }, index) => (open || alerts[index]?.end !== null ? [] : [end + 1]));
  return { changes, ordinal, endsBy: Math.min(...ends), ...settled(input, intervals, alerts) };
}

/** Silence is counted from the last line that is forgotten, or from when the rule first looked. */
function withAnchor({ state, counts }: GroupInput): readonly number[] {
  const later = counts.map(({ bucket }) => bucket).filter((bucket) => bucket > state.first);
  return [state.first, ...later];
}

function newAlert({ rule, group, watermark, now }: GroupInput, { start }: Interval, ordinal: number): TrackedAlert {
  return {
    id: alertId(rule.rule, group, start, ordinal),
    sequence: 0,
    start,
    end: null,
    resolution: null,
    continues: null,
    late: rule.condition.type === 'count' && watermark !== undefined && start < watermark,
    fired_at: now,
    measured: 0,
    matched: 0,
    suppressed: 0,
    told_matched: 0,
    told_suppressed: 0,
    told_at: 0,
    channels: rule.rule.notification_channels,
  };
}

/** The alert of an interval, with what the lines that are known now say about it. */
function asItIs(input: GroupInput, interval: Interval, alert: TrackedAlert, before: string | null): TrackedAlert {
  const { rule, complete } = input;
  const { window, cooldown } = bucketsOf(rule);
  const { start, end, open, unbroken } = interval;
  const sum = (from: number, to: number) =>
    input.counts.reduce((total, { bucket, count }) => (bucket >= from && bucket < to ? total + count : total), 0);
  const { condition } = rule;
  const silent = condition.type === 'silence';
  const matched = silent ? 0 : sum(start - window + 1, start + cooldown);
  const repeats = silent || condition.repeats === 'crossings' ? interval.crossings - 1 : matched - condition.atLeast;
  const ended = unbroken || (!open && (silent || end < complete));
  return {
    ...alert,
    start,
    end: ended ? end : null,
    resolution: ended ? (unbroken ? 'continued' : 'condition_ended') : null,
    continues: interval.continues ? before : null,
    measured: silent ? 0 : sum(start - window + 1, start + 1),
    matched,
    suppressed: Math.max(0, repeats),
  };
}

/** Notes what has to be reported, and that it was. */
function told(
  { complete }: GroupInput,
  alert: TrackedAlert,
  known: TrackedAlert | undefined,
  changes: AlertChange[],
): TrackedAlert {
  const publish = (event: AlertEvent, { sequence, ...rest }: TrackedAlert): TrackedAlert => {
    const { matched, suppressed } = rest;
    const next = {
      ...rest,
      sequence: sequence + 1,
      told_matched: matched,
      told_suppressed: suppressed,
      told_at: complete,
    };
    changes.push({ event, alert: next });
    return next;
  };
  if (!known) {
    const { end, resolution, ...open } = alert;
    const fired = publish(alert.continues === null ? 'fired' : 'escalated', { ...open, end: null, resolution: null });
    return resolution === null ? fired : publish('resolved', { ...fired, end, resolution });
  }
  const { start, end, resolution, continues } = alert;
  if (known.resolution === null && resolution !== null) return publish('resolved', alert);
  const corrected =
    start !== known.start || end !== known.end || resolution !== known.resolution || continues !== known.continues;
  if (corrected || (isUntold(alert) && complete > alert.told_at)) return publish('updated', alert);
  return alert;
}

/** Repeats are reported when the clock has moved on, not one by one. */
export function isUntold({ matched, suppressed, told_matched, told_suppressed }: TrackedAlert): boolean {
  return matched !== told_matched || suppressed !== told_suppressed;
}

/** Takes out the alerts that no line can change any more: none is accepted before `accepted`. */
function settled(
  { rule, state, accepted }: GroupInput,
  intervals: readonly Interval[],
  alerts: readonly TrackedAlert[],
) {
  const { cooldown } = bucketsOf(rule);
  let scanFrom = state.scan_from;
  let before = state.before;
  let gone = 0;
  for (const [index, alert] of alerts.entries()) {
    const interval = intervals[index];
    if (!interval || alert.resolution === null || isUntold(alert)) break;
    if (Math.max(interval.start + cooldown, interval.end) > accepted) break;
    scanFrom = interval.start + cooldown;
    before = interval.unbroken ? alert.id : null;
    gone += 1;
  }
  return { alerts: alerts.slice(gone), scanFrom, before };
}
