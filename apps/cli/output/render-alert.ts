import type { Alert } from '@tailrace/http/contract/generated.ts';
import { visible } from './terminal.ts';

/** What happened to an alert, as one line beside a log: `alert fired (high): Errors, service=cart: 12 of 10`. */
export function alertNotice(event: string, alert: Alert): string {
  return `alert ${event} (${alert.severity}): ${alertName(alert)}${event === 'resolved' ? '' : `: ${measured(alert)}`}`;
}

/** The rule, and the group where it has one. */
export function alertName({ rule_name, group_by, group, group_name: name }: Alert): string {
  return visible(group === null ? rule_name : `${rule_name}, ${group_by}=${name ?? group}`);
}

/** What was measured, against what it had to reach: `12 of 10` fired because 10 or more do. */
export function measured({ alert_type, value, threshold, window_ms, late }: Alert): string {
  const what =
    alert_type === 'absence' ? `no line for ${window_ms / 60_000} min` : `${Number(value.toFixed(2))} of ${threshold}`;
  return `${what}${late ? ' (late lines)' : ''}`;
}
