import { testRule } from '@tailrace/alert-rules/test-rules.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';

const services = ['checkout', 'payments', 'inventory', 'auth', 'search', 'gateway', 'mailer', 'reports'];

/**
 * A project's rules as people have them, for the lines of bench-events.ts: thresholds by service, patterns, levels. Rules
 * by level alone each have a text of their own to look for, but for the first one, which counts every error.
 */
export function benchRules(project: string, count: number): AlertRule[] {
  return Array.from({ length: count }, (_, index) => {
    const kind = kindOf(index);
    const isPattern = kind.alert_type === 'pattern_match';
    const filter = index === 0 || isPattern ? null : { text: `${services[index % services.length]} ${index}` };
    return testRule({
      id: `rule_${project}_${index}`,
      project_id: project,
      name: `Rule ${index}`,
      alert_type: kind.alert_type,
      conditions: JSON.stringify(kind.conditions),
      filter: filter && JSON.stringify(filter),
      cooldown_minutes: 15,
    });
  });
}

function kindOf(index: number): { readonly alert_type: string; readonly conditions: object } {
  switch (index % 4) {
    case 0:
      return { alert_type: 'error_rate', conditions: { threshold: 50 + (index % 50), window_minutes: 5 } };
    case 1:
      return {
        alert_type: 'pattern_match',
        conditions: { pattern: `code=${index} .*shard=\\d+`, case_sensitive: false },
      };
    case 2:
      return { alert_type: 'pattern_match', conditions: { pattern: `user:${index}:`, case_sensitive: true } };
    default:
      return { alert_type: 'log_level', conditions: { log_levels: ['FATAL'] } };
  }
}
