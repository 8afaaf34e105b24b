import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ruleKinds } from '../rule-kinds.ts';
import { testLine } from '../test-lines.ts';
import { compiledRule, testRule } from '../test-rules.ts';
import { compileRule } from './compiled-rule.ts';
import { RuleMatcher } from './rule-matcher.ts';

const errors = { alert_type: 'log_level', conditions: JSON.stringify({ log_levels: ['error'] }) };
const rule = (changes: Partial<AlertRule>) => testRule({ ...errors, ...changes });
const line = (changes: Partial<LogRecord>) => testLine(1, { severity_number: 9, body: '', ...changes });

function matched(matcher: RuleMatcher, record: LogRecord): string[] {
  return [...matcher.ask(record)].flatMap((found) => found?.rule.id ?? []).sort();
}

const words = fc.constantFrom('payment', 'Failed', 'PAY', 'K', '\u212A', 'ſ', 'İ', 'i', 'error 503', 'größe', 'x');
const bodies = fc.array(words, { maxLength: 5 }).map((all) => all.join(' '));
const filters = fc.record(
  {
    level: fc.constantFrom('info', 'error'),
    levels: fc.constantFrom(['error'], ['unset', 'info']),
    connections: fc.constantFrom(['conn_a'], ['conn_b', 'conn_c']),
    text: fc.constantFrom('pay', 'k', 'I', 'GRÖSSE', 'größe', 'failed'),
    exclude: fc.constantFrom('x'),
    regex: fc.constantFrom('\\d+', 'pay(ment)?', '(?i)error \\d'),
    attributes: fc.constantFrom<Record<string, string | string[]>>(
      { service: 'cart' },
      { service: 'shop', host: 'h1' },
      { service: ['shop', 'cart', 'shop'] },
    ),
    exclude_attributes: fc.constantFrom({ service: ['shop', 'till'] }, { host: 'h1' }),
    stream: fc.constantFrom('s', 't'),
    query: fc.constantFrom(
      ...['pay K', 'level:error -x', 'connection:conn_a stream:s', '"service":(cart OR shop)', 'host:h1 OR level:info'],
      ...[
        '/(?i)pay/ NOT failed',
        'service:cart level:unset',
        '-connection:conn_a',
        'größe',
        'pay*failed OR level:fatal',
      ],
    ),
  },
  { requiredKeys: [] },
);
const conditions = fc.oneof(
  fc.record({
    alert_type: fc.constant('pattern_match'),
    conditions: fc.record({
      pattern: fc.constantFrom('payment|failed', 'k', 's', '\\w+ \\d+', 'error 5', '(pay|x).*failed', 'größe', '.'),
      case_sensitive: fc.boolean(),
    }),
  }),
  fc.record({
    alert_type: fc.constant('log_level'),
    conditions: fc.constantFrom({ log_levels: ['error'] }, { log_levels: ['info', 'critical'] }),
  }),
  fc.constant({ alert_type: 'error_rate', conditions: { threshold: 1, window_minutes: 1 } }),
  fc.constant({ alert_type: 'absence', conditions: { window_minutes: 1 } }),
);
const rules = fc.array(fc.tuple(conditions, fc.option(filters), fc.constantFrom('shop', 'bank')), { maxLength: 25 });
const lines = fc.array(
  fc.record({
    body: bodies,
    severity_number: fc.integer({ min: 0, max: 24 }),
    connection_id: fc.constantFrom('conn_a', 'conn_b'),
    stream: fc.constantFrom('s', 't'),
    attributes: fc.constantFrom<Record<string, string>>({}, { service: 'cart' }, { service: 'shop' }),
    resource: fc.constantFrom<Record<string, string>>({}, { service: 'cart' }, { host: 'h1' }),
  }),
  { minLength: 1, maxLength: 15 },
);

describe('the index of rules', () => {
  it('finds what asking every rule of the project finds', () => {
    let total = 0;
    fc.assert(
      fc.property(rules, lines, (given, records) => {
        const all = given.map(([kind, filter, project], index) =>
          compiledRule(
            rule({
              id: `rule_${index}`,
              project_id: project,
              alert_type: kind.alert_type,
              conditions: JSON.stringify(kind.conditions),
              filter: filter === null ? null : JSON.stringify(filter),
            }),
          ),
        );
        const matcher = new RuleMatcher();
        for (const each of all) matcher.set(each);
        for (const record of records.map((changes) => line(changes))) {
          const expected = all.filter((each) => each.rule.project_id === 'shop' && each.matches(record));
          total += expected.length;
          expect(matched(matcher, record)).toEqual(expected.map((each) => each.rule.id).sort());
        }
      }),
      { numRuns: 1500 },
    );
    expect(total).toBeGreaterThan(1000);
  });

  it('follows changes, and watches a project as long as it has rules', () => {
    const matcher = new RuleMatcher();
    const error = line({ severity_number: 17 });
    matcher.set(compiledRule(rule({})));
    expect(matched(matcher, error)).toEqual(['rule_1']);
    matcher.set(compiledRule(rule({ conditions: '{"log_levels":["info"]}' })));
    expect(matched(matcher, error)).toEqual([]);
    expect(matcher.watches('shop')).toBe(true);
    matcher.delete('shop', 'rule_1');
    expect([matcher.watches('shop'), matched(matcher, line({}))]).toEqual([false, []]);
  });

  it('asks no rule of another project', () => {
    const matcher = new RuleMatcher();
    const matches = () => {
      throw new Error('asked');
    };
    matcher.set({ ...compiledRule(rule({ project_id: 'bank' })), matches });
    expect(matched(matcher, line({ severity_number: 17 }))).toEqual([]);
  });

  it('says why a rule cannot be evaluated', () => {
    expect(compileRule(ruleKinds, rule({ alert_type: 'own' }))).toEqual({ problem: 'its kind own is not known here' });
    expect(compileRule(ruleKinds, rule({ conditions: '{}' }))).toEqual({
      problem: expect.stringContaining('log_levels'),
    });
  });
});

it('the compiler of rules refuses a rule from before the bounds of expressions, and says why', () => {
  const pattern = '(?:.?){1000}';
  const conditions = { alert_type: 'pattern_match', conditions: JSON.stringify({ pattern }) };
  expect(compileRule(ruleKinds, rule(conditions))).toEqual({
    problem: expect.stringContaining('pattern: is too large'),
  });
  const filter = JSON.stringify({ regex: pattern });
  expect(compileRule(ruleKinds, rule({ filter }))).toEqual({
    problem: expect.stringContaining('The regular expression is too large'),
  });
});
