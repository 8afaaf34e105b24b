import { hash } from 'node:crypto';
import { bucketStart } from '@tailrace/alert-rules/bucket.ts';
import type { Condition } from '@tailrace/alert-rules/rule-kind.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import type { AlertEvent } from '@tailrace/schemas/generated/alert-event.ts';
import type { AlertLine } from '@tailrace/schemas/generated/alert-line.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { TrackedAlert } from '@tailrace/schemas/generated/tracked-alert.ts';

const minuteMs = 60_000;

/** @param start bucket by which it fires. @param ordinal how many the group had before. */
export function alertId({ id, revision }: AlertRule, group: string, start: number, ordinal: number): string {
  return `alert_${hash('sha256', `${id}\0${revision}\0${group}\0${start}\0${ordinal}`, 'hex').slice(0, 24)}`;
}

/** What an event says: the whole alert as it is now. */
export function snapshotOf(options: {
  readonly rule: AlertRule;
  readonly condition: Condition | undefined;
  readonly group: string;
  readonly alert: TrackedAlert;
  readonly event: AlertEvent;
  readonly lines: readonly AlertLine[];
  readonly now: number;
}): Alert {
  const { rule, condition, group, alert, event, lines, now } = options;
  return {
    id: alert.id,
    sequence: alert.sequence,
    event,
    happened_at: now,
    rule_id: rule.id,
    rule_revision: rule.revision,
    rule_name: rule.name,
    alert_type: rule.alert_type,
    project_id: rule.project_id,
    severity: rule.severity,
    group_by: rule.group_by,
    group: rule.group_by === null ? null : group,
    status: alert.resolution === null ? 'open' : 'resolved',
    started_at: bucketStart(alert.start),
    fired_at: alert.fired_at,
    resolved_at: alert.end === null ? null : bucketStart(alert.end),
    resolution: alert.resolution,
    continues: alert.continues,
    late: alert.late,
    ...measured(condition, alert.measured),
    window_ms: condition?.windowMs ?? 0,
    matched: alert.matched,
    suppressed: alert.suppressed,
    lines,
    notification_channels: rule.notification_channels,
    read_by: null,
  };
}

function measured(
  condition: Condition | undefined,
  lines: number,
): { readonly value: number; readonly threshold: number } {
  if (condition?.type !== 'count') return { value: lines, threshold: 0 };
  const { unit, threshold, windowMs } = condition;
  return { value: unit === 'lines_per_minute' ? (lines * minuteMs) / windowMs : lines, threshold };
}
