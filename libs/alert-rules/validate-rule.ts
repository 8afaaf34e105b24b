import type { LogFilter } from '@tailrace/log-query/log-filter.ts';
import type { AlertSeverity } from '@tailrace/schemas/generated/alert-severity.ts';
import { type AlertRuleInput, alertRuleInput, defaultCooldownMinutes } from './alert-rule-input.ts';
import { type FieldProblem, fieldProblems } from './field-problems.ts';
import type { ReadConditions, RuleKind, RuleKinds } from './rule-kind.ts';

/** A rule that can be evaluated, with every default filled in. Channels are as written: ids or names. */
export interface ValidRule {
  readonly name: string;
  readonly alert_type: string;
  readonly severity: AlertSeverity;
  readonly enabled: boolean;
  /** In the form that is stored, without `cooldown_minutes`. */
  readonly conditions: Readonly<Record<string, unknown>>;
  readonly filter: LogFilter | null;
  readonly group_by: string | null;
  readonly cooldown_minutes: number;
  readonly notification_channels: readonly string[];
}

export type Validation =
  | { readonly ok: true; readonly rule: ValidRule }
  | { readonly ok: false; readonly problems: readonly FieldProblem[] };

/** Checks a rule that a person wrote. Every problem is found at once, each with the field it is about. */
export function validateRule(kinds: RuleKinds, input: unknown): Validation {
  const parsed = alertRuleInput.safeParse(input);
  const given = parsed.success ? parsed.data : undefined;
  const type = fieldOf(input, 'alert_type');
  const kind = typeof type === 'string' ? kinds.get(type) : undefined;
  const conditions = readConditions(kind, fieldOf(input, 'conditions'));
  const problems = [
    ...(parsed.success ? [] : fieldProblems(parsed.error, 'an alert rule')),
    ...(typeof type === 'string' && !kind ? [unknownKind(kinds)] : []),
    ...(conditions && !conditions.ok ? conditions.problems.map(withinConditions) : []),
    ...(given ? groupByProblems(kind, given) : []),
    ...(given ? cooldownProblems(given) : []),
  ];
  if (!given || !conditions?.ok || problems.length > 0) return { ok: false, problems };
  const { name, alert_type, severity, enabled, filter, group_by, notification_channels: channels } = given;
  return {
    ok: true,
    rule: {
      name,
      alert_type,
      severity,
      enabled,
      conditions: conditions.conditions,
      filter,
      group_by: kind?.groupBy ?? group_by,
      cooldown_minutes: given.cooldown_minutes ?? given.conditions.cooldown_minutes ?? defaultCooldownMinutes,
      notification_channels: [...new Set(channels)],
    },
  };
}

/** Undefined where there is nothing to read: the schema of the whole says so. */
function readConditions(kind: RuleKind | undefined, conditions: unknown): ReadConditions | undefined {
  if (!isObject(conditions)) return undefined;
  const { cooldown_minutes: _, ...own } = conditions;
  return kind?.read(own);
}

function unknownKind(kinds: RuleKinds): FieldProblem {
  return { field: 'alert_type', message: `must be one of ${[...kinds.keys()].join(', ')}` };
}

function withinConditions({ field, message }: FieldProblem): FieldProblem {
  return { field: field === '' ? 'conditions' : `conditions.${field}`, message };
}

function groupByProblems(kind: RuleKind | undefined, { alert_type, group_by }: AlertRuleInput): FieldProblem[] {
  const fixed = kind?.groupBy;
  if (fixed === undefined || group_by === null || group_by === fixed) return [];
  return [{ field: 'group_by', message: `must be left out: ${alert_type} watches each ${fixed} for itself` }];
}

function cooldownProblems({ cooldown_minutes: outer, conditions }: AlertRuleInput): FieldProblem[] {
  const inner = conditions.cooldown_minutes;
  if (outer === undefined || inner === undefined || outer === inner) return [];
  return [{ field: 'cooldown_minutes', message: `is ${outer} here and ${inner} in conditions: give one of them` }];
}

function fieldOf(value: unknown, field: string): unknown {
  return isObject(value) ? value[field] : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
