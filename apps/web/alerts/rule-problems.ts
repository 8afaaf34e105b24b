import { configOf } from '../ui/form/config-schema.ts';
import type { FormLabels } from '../ui/form/form-problems.ts';
import { conditionFields, type RuleDraft, type RuleKind } from './rule-draft.ts';

/** Fields of the form by the names that the API has for them, in the form's order. */
export function ruleLabels(kind: RuleKind | undefined): FormLabels {
  return new Map([
    ['name', 'Name'],
    ['alert_type', 'When'],
    ['severity', 'Severity'],
    ...conditionFields(kind).map(({ name, label }) => [`conditions.${name}`, label] as const),
    ['filter', 'Only these lines'],
    ['group_by', 'Group by'],
    ['cooldown_minutes', 'Cooldown, minutes'],
    ['notification_channels', 'Send to'],
  ]);
}

/** What is missing or is no number, before anything is sent, by field. What is left, the API judges. */
export function draftProblems(draft: RuleDraft, kind: RuleKind | undefined): ReadonlyMap<string, string> {
  const problems = new Map<string, string>();
  if (draft.name.trim() === '') problems.set('name', 'is required');
  const conditions = configOf(conditionFields(kind), draft.conditions, { verbatim: true });
  for (const [name, problem] of conditions.problems) problems.set(`conditions.${name}`, problem);
  if (!Number.isFinite(Number(draft.cooldownMinutes))) problems.set('cooldown_minutes', 'must be a number');
  return problems;
}
