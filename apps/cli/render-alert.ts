import type { AlertView } from '@tailrace/alert-rules/alert-view.ts';
import { visible } from './terminal.ts';

/** What happened to an alert, as one line beside a log: `alert fired (high): Errors, service=cart: 12 of 10`. */
export function alertNotice(event: string, alert: AlertView): string {
  return `alert ${event} (${alert.severity}): ${alertName(alert)}${event === 'resolved' ? '' : `: ${measured(alert)}`}`;
}

/** The rule, and the group where it has one. */
export function alertName({ rule_name, group_by, group }: AlertView): string {
  return visible(group === null ? rule_name : `${rule_name}, ${group_by}=${group}`);
}

/** What was measured, against what it had to reach. */
export function measured({ value, threshold, late }: AlertView): string {
  return `${Number(value.toFixed(2))} of ${threshold}${late ? ' (late lines)' : ''}`;
}
