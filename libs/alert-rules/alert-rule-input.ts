import { logFilter } from '@tailrace/log-query/log-filter.ts';
import { isVisibleLine } from '@tailrace/log-record/visible-text.ts';
import { alertSeveritySymbols } from '@tailrace/schemas/generated/alert-severity.ts';
import { type output, z } from 'zod';

export const defaultCooldownMinutes = 15;

const wrongCooldown = 'must be a whole number of minutes from 0 to 1440';
const cooldownMinutes = z.int(wrongCooldown).min(0, wrongCooldown).max(1440, wrongCooldown);

/**
 * A rule as people write it. What `conditions` may hold is for the kind to say, besides `cooldown_minutes`, which may
 * stand there or at the top.
 */
export const alertRuleInput = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(200, 'must have at most 200 characters')
    .refine(isVisibleLine, 'must not hold control or invisible characters'),
  alert_type: z.string().describe('The kind of rule. GET alert-types lists them.'),
  severity: z.enum(alertSeveritySymbols, `must be one of ${alertSeveritySymbols.join(', ')}`),
  enabled: z.boolean().default(true),
  conditions: z
    .looseObject({ cooldown_minutes: cooldownMinutes.optional() })
    .describe('What the kind asks for: see GET alert-types.'),
  filter: logFilter.nullable().default(null).describe('Only these lines count.'),
  group_by: z
    .string()
    .min(1, 'must not be empty')
    .max(256, 'must have at most 256 characters')
    .nullable()
    .default(null)
    .describe('Name of an attribute or resource attribute, or connection or stream: each value is watched for itself.'),
  cooldown_minutes: cooldownMinutes
    .optional()
    .describe(`Least time between two alerts of a group, minutes. Default ${defaultCooldownMinutes}.`),
  notification_channels: z
    .array(z.string().min(1).max(200))
    .max(20, 'at most 20 channels')
    .default(['in_app'])
    .describe('in_app, or ids or names of channels of the project.'),
});

export type AlertRuleInput = output<typeof alertRuleInput>;
