import type { ParsingRule } from '@tailrace/http/contract/generated.ts';
import { expect, it } from 'vitest';
import { draftOf, emptyDraft, ruleLabels, ruleOf } from './parsing-draft.ts';

it('a draft of parsing rules gives a rule back as it was stored', () => {
  const whole: ParsingRule = {
    name: 'pay',
    pattern: '^(?P<at>\\S+) (?P<sev>\\w) (?P<ip>\\S+) (?P<text>.*)',
    when: { stream: 'web-*', contains: 'pay' },
    multiline: true,
    time: { group: 'at', format: 'dd.MM. HH:mm', zone: 'Europe/Vienna' },
    level: { group: 'sev', map: { K: 'error', '5': 13, 'a=b': 'warn' }, always: 9 },
    message: 'text',
    attributes: { ip: 'client.address' },
  };
  const plain: ParsingRule = { name: 'b', pattern: ' x ' };
  for (const rule of [whole, plain]) expect(ruleOf(draftOf(rule))).toEqual(rule);
});

it('a draft of parsing rules leaves out what is empty, and keeps what is half written for the API to refuse', () => {
  const draft = { ...emptyDraft([]), pattern: 'x', timeZone: '  ', levelMap: 'K=error, W', attributes: ' ,' };
  expect(ruleOf(draft)).toEqual({ name: 'rule-1', pattern: 'x', level: { map: { K: 'error', W: '' } } });
});

it('a draft of parsing rules names a new rule as no other is named', () => {
  const first = emptyDraft([]);
  const renamed = { ...first, name: 'rule-2' };
  expect(emptyDraft([renamed]).name).toBe('rule-3');
});

it('a draft of parsing rules labels each field by the rule that it is of', () => {
  expect(ruleLabels([{ ...emptyDraft([]), name: 'pay' }]).get('parsing_rules.0.time.zone')).toBe('Its zone of pay');
});
