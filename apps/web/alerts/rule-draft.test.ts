import { ruleKinds } from '@tailrace/alert-rules/rule-kinds.ts';
import { validateRule } from '@tailrace/alert-rules/validate-rule.ts';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { slowRequests } from '../../../scripts/examples/own-rule-kind.ts';
import { bodyOf, conditionFields, conditionWords, draftOf, kindOf, newDraft, type RuleDraft } from './rule-draft.ts';
import { draftProblems, ruleLabels } from './rule-problems.ts';

/** As the API describes them, one of an installation's own among them. */
const allKinds = new Map([...ruleKinds, [slowRequests.type, slowRequests]]);
const kinds = [...allKinds.values()].map(({ type, title, summary, conditionsSchema, groupBy = null }) => ({
  alert_type: type,
  title,
  summary,
  conditions_schema: { ...z.toJSONSchema(conditionsSchema, { io: 'output', unrepresentable: 'any' }) },
  group_by: groupBy,
}));
const connectionId = (name: string) => (name === 'shop' ? 'conn_1' : undefined);

const empty = newDraft(kinds);
const body = (draft: RuleDraft) => bodyOf(draft, kindOf(kinds, draft.type), connectionId);

test.each(kinds.map((each) => each.alert_type))('a form of %s is a rule that the API takes', (type) => {
  const needed = { pattern: 'a|b', slower_than_ms: '500', requests: '2' };
  const draft = { ...empty, name: 'x', type, conditions: { ...empty.conditions, ...needed }, query: 'connection:shop' };
  expect([...draftProblems(draft, kindOf(kinds, type))]).toEqual([]);
  const made = body(draft);
  if ('problem' in made) throw new Error(made.problem);
  expect(made.body.filter).toEqual({ query: 'connection:conn_1' });
  expect(validateRule(allKinds, made.body)).toMatchObject({ ok: true });
});

test('a filter that cannot be read is reported before it is sent', () => {
  expect(body({ ...empty, query: 'connection:none' })).toEqual({
    problem: 'at connection:none (character 1): there is no connection none',
  });
});

test('a stored rule comes back as it was', () => {
  const made = body({
    ...empty,
    name: 'x',
    type: 'log_level',
    conditions: { log_levels: 'error\nfatal' },
    groupBy: 'service',
  });
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
  expect(body(draftOf(stored, kinds, (id) => id))).toEqual(made);
});

test('an empty cooldown is left to the API, not none', () => {
  const made = body({ ...empty, name: 'x', cooldownMinutes: ' ' });
  expect('body' in made && 'cooldown_minutes' in made.body).toBe(false);
  const none = body({ ...empty, name: 'x', cooldownMinutes: '0' });
  expect('body' in none && none.body.cooldown_minutes).toBe(0);
});

test('a form begins with the first kind and what its schema proposes', () => {
  expect(empty.type).toBe('error_rate');
  expect(empty.conditions).toEqual({ threshold: '10', window_minutes: '5', log_levels: 'fatal' });
});

test('each kind is asked for by its own fields, with their labels', () => {
  const labels = (type: string) =>
    conditionFields(kindOf(kinds, type)).map(({ name, label, kind }) => [name, label, kind]);
  expect(labels('log_level')).toEqual([['log_levels', 'Levels', 'choices']]);
  expect(labels('pattern_match')).toEqual([
    ['pattern', 'Expression', 'text'],
    ['case_sensitive', 'case-sensitive', 'boolean'],
  ]);
  expect(labels('slow_requests')).toEqual([
    ['slower_than_ms', 'Slower than (ms)', 'number'],
    ['requests', 'Requests', 'number'],
    ['window_minutes', 'Window minutes', 'number'],
    ['path', 'Path', 'text'],
  ]);
  expect(ruleLabels(kindOf(kinds, 'absence')).get('conditions.window_minutes')).toBe('Window, minutes');
});

test('what a kind needs and is not given is named at its field', () => {
  const problems = (type: string, conditions: Record<string, string>) => [
    ...draftProblems({ ...empty, name: 'x', type, conditions }, kindOf(kinds, type)),
  ];
  expect(problems('log_level', { log_levels: '' })).toEqual([['conditions.log_levels', 'needs at least one']]);
  expect(problems('pattern_match', { pattern: '' })).toEqual([['conditions.pattern', 'is required']]);
  expect(problems('absence', { window_minutes: '2000' })).toEqual([['conditions.window_minutes', 'must be 1 to 1440']]);
  expect(problems('slow_requests', { slower_than_ms: 'much', requests: '1', window_minutes: '5' })).toEqual([
    ['conditions.slower_than_ms', 'must be a number'],
  ]);
});

test('spaces at the ends of an expression are part of it', () => {
  const made = body({ ...empty, name: 'x', type: 'pattern_match', conditions: { pattern: ' up ' } });
  expect('body' in made && made.body.conditions).toEqual({ pattern: ' up ' });
});

test('a rule is said in words by what its kind says', () => {
  const words = (alert_type: string, conditions: Record<string, unknown>) =>
    conditionWords(kindOf(kinds, alert_type), { alert_type, conditions });
  expect(words('error_rate', { threshold: 1, window_minutes: 5 })).toBe(
    'an error rate of at least 1 a minute over 5 min',
  );
  expect(words('log_level', { log_levels: ['warn', 'fatal'] })).toBe('a line of level warn, fatal');
  expect(words('slow_requests', { requests: 2, slower_than_ms: 500 })).toBe('2 requests slower than 500 ms');
  expect(words('gone', {})).toBe('gone');
});
