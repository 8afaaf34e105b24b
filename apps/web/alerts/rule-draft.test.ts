import { ruleKinds } from '@tailrace/alert-rules/rule-kinds.ts';
import { validateRule } from '@tailrace/alert-rules/validate-rule.ts';
import { expect, test } from 'vitest';
import { bodyOf, draftOf, newDraft, ruleTypes } from './rule-draft.ts';

const connectionId = (name: string) => (name === 'shop' ? 'conn_1' : undefined);

test.each(ruleTypes)('a form of %s is a rule that the API takes', (type) => {
  const made = bodyOf({ ...newDraft, name: 'x', type, pattern: 'a|b', query: 'connection:shop' }, connectionId);
  if ('problem' in made) throw new Error(made.problem);
  expect(made.body.filter).toEqual({ query: 'connection:conn_1' });
  expect(validateRule(ruleKinds, made.body)).toMatchObject({ ok: true });
});

test('a filter that cannot be read is reported before it is sent', () => {
  expect(bodyOf({ ...newDraft, query: 'connection:none' }, connectionId)).toEqual({
    problem: 'at connection:none (character 1): there is no connection none',
  });
});

test('a stored rule comes back as it was', () => {
  const made = bodyOf(
    { ...newDraft, name: 'x', type: 'log_level', levels: ['error', 'fatal'], groupBy: 'service' },
    connectionId,
  );
  if ('problem' in made) throw new Error(made.problem);
  const { cooldown_minutes = 0, filter, group_by, enabled, notification_channels, ...rest } = made.body;
  const stored = {
    ...rest,
    id: 'rule_1',
    project_id: 'shop',
    enabled: enabled ?? true,
    filter: filter ?? null,
    group_by: group_by ?? null,
    notification_channels: notification_channels ?? [],
    cooldown_minutes,
    version: 1,
    revision: 1,
    not_evaluated: null,
    created_at: '',
    updated_at: '',
  };
  expect(
    bodyOf(
      draftOf(stored, (id) => id),
      connectionId,
    ),
  ).toEqual(made);
});

test('an empty cooldown is left to the API, not none', () => {
  const made = bodyOf({ ...newDraft, name: 'x', cooldownMinutes: ' ' }, connectionId);
  expect('body' in made && 'cooldown_minutes' in made.body).toBe(false);
  const none = bodyOf({ ...newDraft, name: 'x', cooldownMinutes: '0' }, connectionId);
  expect('body' in none && none.body.cooldown_minutes).toBe(0);
});
