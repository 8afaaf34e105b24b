import { describe, expect, it } from 'vitest';
import { ruleKinds } from './rule-kinds.ts';
import { validateRule } from './validate-rule.ts';

const valid = {
  error_rate: { threshold: 5, window_minutes: 10 },
  pattern_match: { pattern: 'payment (failed|refused)' },
  log_level: { log_levels: ['ERROR', 'critical'] },
  absence: { window_minutes: 30 },
} as const;

function input(type: keyof typeof valid, changes: Record<string, unknown> = {}) {
  return { name: 'n', alert_type: type, severity: 'high', conditions: valid[type], ...changes };
}

function problemsOf(given: unknown) {
  const validation = validateRule(ruleKinds, given);
  return validation.ok ? [] : validation.problems.map(({ field, message }) => `${field}: ${message}`);
}

describe('a rule', () => {
  it('gets every default filled in', () => {
    expect(validateRule(ruleKinds, input('pattern_match'))).toEqual({
      ok: true,
      rule: {
        name: 'n',
        alert_type: 'pattern_match',
        severity: 'high',
        enabled: true,
        conditions: { pattern: 'payment (failed|refused)', case_sensitive: false },
        filter: null,
        group_by: null,
        cooldown_minutes: 15,
        notification_channels: ['in_app'],
      },
    });
  });

  it.each(Object.keys(valid) as (keyof typeof valid)[])('of kind %s is accepted again as it is stored', (type) => {
    const first = validateRule(ruleKinds, input(type));
    expect(first).toMatchObject({ ok: true });
    expect(validateRule(ruleKinds, first.ok && first.rule)).toEqual(first);
  });

  it('takes names of levels in any case, and those of the clouds', () => {
    const given = input('log_level', { conditions: { log_levels: ['CRITICAL', 'Error', 'WARNING', 'fatal'] } });
    expect(validateRule(ruleKinds, given)).toMatchObject({
      rule: { conditions: { log_levels: ['warn', 'error', 'fatal'] } },
    });
  });

  it('takes its cooldown at the top, within the conditions, or in both places when they agree', () => {
    const within = { ...valid.error_rate, cooldown_minutes: 7 };
    for (const given of [
      input('error_rate', { cooldown_minutes: 7 }),
      input('error_rate', { conditions: within }),
      input('error_rate', { cooldown_minutes: 7, conditions: within }),
    ]) {
      const validation = validateRule(ruleKinds, given);
      expect(validation).toMatchObject({ rule: { cooldown_minutes: 7, conditions: valid.error_rate } });
    }
    expect(problemsOf(input('error_rate', { cooldown_minutes: 8, conditions: within }))).toEqual([
      'cooldown_minutes: is 8 here and 7 in conditions: give one of them',
    ]);
  });

  it.each<[string, unknown, string]>([
    ['no object', 'rule', 'must be an object with fields, not a string'],
    ['an unknown kind', { ...input('error_rate'), alert_type: 'toString' }, 'alert_type: must be one of error_rate,'],
    ['an unknown field', input('error_rate', { colour: 'red' }), 'colour: is not a field of an alert rule'],
    [
      'an unknown condition',
      input('error_rate', { conditions: { ...valid.error_rate, limit: 1 } }),
      'conditions.limit: is not a field of conditions of error_rate',
    ],
    ['no name', input('error_rate', { name: '  ' }), 'name: must not be empty'],
    ['a wrong severity', input('error_rate', { severity: 'huge' }), 'severity: must be one of low, medium, high'],
    ['conditions that are a list', input('error_rate', { conditions: [] }), 'conditions: '],
    [
      'no threshold',
      input('error_rate', { conditions: { window_minutes: 1 } }),
      'conditions.threshold: must be a number',
    ],
    [
      'a threshold of nothing',
      input('error_rate', { conditions: { threshold: 0, window_minutes: 1 } }),
      'conditions.threshold: must be a number of lines a minute, above 0',
    ],
    [
      'a window of half a minute',
      input('absence', { conditions: { window_minutes: 0.5 } }),
      'conditions.window_minutes: must be a whole number of minutes from 1 to 1440',
    ],
    [
      'a window of more than a day',
      input('absence', { conditions: { window_minutes: 1441 } }),
      'conditions.window_minutes: must be a whole number of minutes',
    ],
    [
      'a backreference',
      input('pattern_match', { conditions: { pattern: '(a)\\1' } }),
      'conditions.pattern: cannot be read at character 4: \\1 refers back to a group',
    ],
    [
      'a pattern that explodes',
      input('pattern_match', { conditions: { pattern: '((a{1000}){1000}){1000}' } }),
      'conditions.pattern: cannot be read at character 11: {1000} must count',
    ],
    [
      'an unclosed group',
      input('pattern_match', { conditions: { pattern: 'a(b' } }),
      'conditions.pattern: cannot be read at character 2: (b opens a group that is not closed',
    ],
    [
      'a level of nobody',
      input('log_level', { conditions: { log_levels: ['error', 'loud'] } }),
      'conditions.log_levels.1: must be one of trace, debug',
    ],
    ['no level', input('log_level', { conditions: { log_levels: [] } }), 'conditions.log_levels: must name a level'],
    ['a group of an absence', input('absence', { group_by: 'host' }), 'group_by: must be left out'],
    [
      'a wrong filter',
      input('error_rate', { filter: { regex: '(' } }),
      'filter.regex: cannot be read at character 1: ( opens a group',
    ],
    ['a wrong field of a filter', input('error_rate', { filter: { leveL: 'x' } }), 'filter.leveL: is not a field'],
    ['a negative cooldown', input('error_rate', { cooldown_minutes: -1 }), 'cooldown_minutes: must be a whole number'],
  ])('with %s is refused by the field and the reason', (_, given, problem) => {
    expect(problemsOf(given).join('\n')).toContain(problem);
  });

  it('hears of everything that is wrong with it at once', () => {
    const given = { alert_type: 'log_level', severity: 'x', conditions: { log_levels: ['no'] }, extra: 1 };
    const fields = problemsOf(given).map((problem) => problem.split(':')[0]);
    expect(fields.sort()).toEqual(['conditions.log_levels.0', 'extra', 'name', 'severity']);
  });
});
