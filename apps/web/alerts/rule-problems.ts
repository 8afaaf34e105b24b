import type { FormLabels } from '../ui/form-problems.ts';
import type { RuleDraft } from './rule-draft.ts';

/** Fields of the form by the names that the API has for them, in the form's order. */
export const ruleLabels: FormLabels = new Map([
  ['name', 'Name'],
  ['alert_type', 'When'],
  ['severity', 'Severity'],
  ['conditions.threshold', 'Errors a minute'],
  ['conditions.window_minutes', 'Window, minutes'],
  ['conditions.pattern', 'Expression'],
  ['conditions.log_levels', 'Levels'],
  ['filter', 'Only these lines'],
  ['group_by', 'Group by'],
  ['cooldown_minutes', 'Cooldown, minutes'],
  ['notification_channels', 'Send to'],
]);

/** What is missing or is no number, before anything is sent, by field. What is left, the API judges. */
export function draftProblems(draft: RuleDraft): ReadonlyMap<string, string> {
  const { type } = draft;
  const problems = new Map<string, string>();
  const number = (field: string, text: string, isOptional = false) => {
    if (text.trim() === '' && !isOptional) problems.set(field, 'is required');
    else if (!Number.isFinite(Number(text))) problems.set(field, 'must be a number');
  };
  if (draft.name.trim() === '') problems.set('name', 'is required');
  if (type === 'error_rate') number('conditions.threshold', draft.threshold);
  if (type === 'error_rate' || type === 'absence') number('conditions.window_minutes', draft.windowMinutes);
  if (type === 'pattern_match' && draft.pattern === '') problems.set('conditions.pattern', 'is required');
  if (type === 'log_level' && draft.levels.length === 0) problems.set('conditions.log_levels', 'needs at least one');
  number('cooldown_minutes', draft.cooldownMinutes, true);
  return problems;
}
