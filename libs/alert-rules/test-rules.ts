import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import { type CompiledRule, compileRule } from './matching/compiled-rule.ts';
import { ruleKinds } from './rule-kinds.ts';

/** A rule for tests: three errors in a minute, unless something else is said. */
export function testRule(changes: Partial<AlertRule> = {}): AlertRule {
  return {
    id: 'rule_1',
    project_id: 'shop',
    name: 'too many errors',
    alert_type: 'error_rate',
    severity: 'high',
    enabled: true,
    conditions: JSON.stringify({ threshold: 3, window_minutes: 1 }),
    filter: null,
    group_by: null,
    cooldown_minutes: 2,
    notification_channels: ['in_app'],
    revision: 1,
    version: 1,
    created_at: 0,
    updated_at: 0,
    ...changes,
  };
}

/** The same, ready to match. @throws what is wrong with it. */
export function compiledRule(changes: Partial<AlertRule> = {}): CompiledRule {
  const compiled = compileRule(ruleKinds, testRule(changes));
  if ('problem' in compiled) throw new Error(compiled.problem);
  return compiled;
}
