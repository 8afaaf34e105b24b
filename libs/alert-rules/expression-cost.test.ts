import { readRegex } from '@tailrace/log-query/regex/regex-reader.ts';
import { expect, it } from 'vitest';
import { costOf, expressionBudget, storedExpressionCost } from './expression-cost.ts';
import { compileRule } from './matching/compiled-rule.ts';
import { ruleKinds } from './rule-kinds.ts';
import { testRule } from './test-rules.ts';

const rule = (pattern: string, regex?: string) =>
  testRule({
    alert_type: 'pattern_match',
    conditions: JSON.stringify({ pattern, case_sensitive: false }),
    filter: regex === undefined ? null : JSON.stringify({ regex }),
  });
const sizeOf = (pattern: string) => {
  const reading = readRegex(pattern);
  return 'size' in reading ? reading.size : 0;
};

it.each([
  ['a pattern', rule('timeout|refused'), sizeOf('(?i)timeout|refused')],
  ['a pattern and a filter', rule('a{30}', 'b{40}'), sizeOf('a{30}') + sizeOf('b{40}')],
  ['no expression', testRule(), 0],
  ['a kind that is not known', testRule({ alert_type: 'weather' }), 0],
  ['conditions that cannot be read', testRule({ conditions: '{' }), 0],
])('a rule costs the parts of its expressions: with %s', (_, stored, expected) => {
  expect(storedExpressionCost(ruleKinds, stored)).toBe(expected);
});

it('a rule costs as stored what it costs as written', () => {
  const stored = rule('(timeout|refused) after \\d+ ms', 'order [0-9]{4}');
  expect(compileRule(ruleKinds, stored)).toMatchObject({ cost: storedExpressionCost(ruleKinds, stored) });
});

it.each(['timeout|refused', 'connection (reset|closed)', 'status=5\\d\\d', 'OutOfMemory.*heap'])(
  'leaves room for a thousand rules like %s',
  (pattern) => {
    expect(1000 * storedExpressionCost(ruleKinds, rule(pattern))).toBeLessThanOrEqual(expressionBudget);
  },
);

it.each([
  ['[ab]*a[ab]{12}[cd]', 1500],
  ['(error|failed).{0,20}timeout', 1500],
  ['[ab]*a[ab]{240}[cd]', 20 * sizeOf('[ab]*a[ab]{240}[cd]')],
])('an expression costs more where some line makes it slow: %s', (pattern, cost) => {
  expect(costOf(pattern)).toBe(cost);
});

it('the budget of a project leaves a project too little for its rules to hold up those of others for long on one line', () => {
  const pattern = '[ab]*a[ab]{12}[cd]';
  const fitting = Math.floor(expressionBudget / costOf(pattern));
  // Instructions times characters of a line: 20 to 45 ns each.
  expect(fitting * sizeOf(pattern) * 8000).toBeLessThan(20_000_000);
});
