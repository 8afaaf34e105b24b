import { isoNanos } from '@tailrace/log-query/iso-time.ts';
import { logFilter } from '@tailrace/log-query/log-filter.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import { alertSeveritySymbols } from '@tailrace/schemas/generated/alert-severity.ts';
import { z } from 'zod';

const time = z.string().describe('RFC 3339.');

export const alertRuleView = z
  .object({
    id: z.string(),
    project_id: z.string(),
    name: z.string(),
    alert_type: z.string(),
    severity: z.enum(alertSeveritySymbols),
    enabled: z.boolean(),
    conditions: z.record(z.string(), z.unknown()).describe('With cooldown_minutes among them.'),
    filter: logFilter.nullable(),
    group_by: z.string().nullable(),
    cooldown_minutes: z.int(),
    notification_channels: z.array(z.string()).describe('in_app, or ids of channels.'),
    revision: z
      .int()
      .describe(
        'Counts changes of what is counted, of the cooldown, and being turned on again; alerts start over with each.',
      ),
    version: z.int().describe('Counts all changes; the ETag holds it.'),
    not_evaluated: z
      .string()
      .nullable()
      .describe('Why it is not evaluated although it is on, and what to do; null where it is, or is off.'),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'AlertRule' });

/**
 * A rule as its project's people see it.
 * @param notEvaluated why rules of its project are not evaluated, by id.
 */
export function toAlertRuleView(
  rule: AlertRule,
  notEvaluated: ReadonlyMap<string, string>,
): z.output<typeof alertRuleView> {
  const { conditions, filter, notification_channels, created_at, updated_at, ...rest } = rule;
  return {
    ...rest,
    conditions: { ...JSON.parse(conditions), cooldown_minutes: rule.cooldown_minutes },
    filter: filter === null ? null : logFilter.parse(JSON.parse(filter)),
    notification_channels: [...notification_channels],
    not_evaluated: notEvaluated.get(rule.id) ?? null,
    created_at: isoNanos(created_at),
    updated_at: isoNanos(updated_at),
  };
}
