import { hash } from 'node:crypto';
import { bucketStart } from '@tailrace/alert-rules/bucket.ts';
import type { Condition } from '@tailrace/alert-rules/rule-kind.ts';
import { idPrefixes } from '@tailrace/log-record/id-prefixes.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import type { AlertEvent } from '@tailrace/schemas/generated/alert-event.ts';
import type { AlertLine } from '@tailrace/schemas/generated/alert-line.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { TrackedAlert } from '@tailrace/schemas/generated/tracked-alert.ts';

const minuteMs = 60_000;

/** @param start bucket by which it fires. @param ordinal how many the group had before. */
export function alertId({ id, revision }: AlertRule, group: string, start: number, ordinal: number): string {
  return `${idPrefixes.alert}${hash('sha256', `${id}\0${revision}\0${group}\0${start}\0${ordinal}`, 'hex').slice(0, 24)}`;
}

/** What an event says: the whole alert as it is now. */
export function snapshotOf(options: {
  readonly rule: AlertRule;
  readonly condition: Condition | undefined;
  readonly group: string;
  /** What people call the group, where that is not its value. */
  readonly groupName: string | undefined;
  readonly alert: TrackedAlert;
  readonly event: AlertEvent;
  readonly lines: readonly AlertLine[];
  readonly now: number;
}): Alert {
  const { rule, condition, group, groupName, alert, event, lines, now } = options;
  // A source whose clock is ahead gives lines of times to come: what they start has started by the time it is said.
  const startedAt = Math.min(bucketStart(alert.start), alert.fired_at);
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
    group_name: groupName ?? null,
    status: alert.resolution === null ? 'open' : 'resolved',
    started_at: startedAt,
    fired_at: alert.fired_at,
    resolved_at: alert.end === null ? null : Math.max(startedAt, Math.min(bucketStart(alert.end), now)),
    resolution: alert.resolution,
    continues: alert.continues,
    late: alert.late,
    ...measured(condition, alert.measured),
    window_ms: condition?.windowMs ?? 0,
    matched: alert.matched,
    suppressed: alert.suppressed,
    lines,
    notification_channels: channelsOf(rule, alert, event),
    read_by: null,
  };
}

/** Who hears of an alert hears of its end, whatever became of its rule. Of one that goes on, its successor says so. */
function channelsOf(rule: AlertRule, { channels, resolution }: TrackedAlert, event: AlertEvent): readonly string[] {
  if (event !== 'resolved') return rule.notification_channels;
  const heard = channels ?? rule.notification_channels;
  return resolution === 'continued' ? heard.filter((id) => !rule.notification_channels.includes(id)) : heard;
}

function measured(
  condition: Condition | undefined,
  lines: number,
): { readonly value: number; readonly threshold: number } {
  if (condition?.type !== 'count') return { value: lines, threshold: 0 };
  const { unit, threshold, windowMs } = condition;
  return { value: unit === 'lines_per_minute' ? (lines * minuteMs) / windowMs : lines, threshold };
}
