import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';

/**
 * Fields that decide which lines are counted, and in which group. The conditions are among them as a whole: only their
 * kind knows which of them are about lines.
 */
const counted = ['alert_type', 'conditions', 'filter', 'group_by'] as const;

type Counted = Pick<AlertRule, (typeof counted)[number]>;

/** Whether what one rule counted holds for the other. @param one in the form that is stored, as the other. */
export function countsTheSame(one: Counted, other: Counted): boolean {
  return counted.every((field) => one[field] === other[field]);
}
