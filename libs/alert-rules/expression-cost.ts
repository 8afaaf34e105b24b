import type { LogFilter } from '@tailrace/log-query/log-filter.ts';
import { readRegex } from '@tailrace/log-query/regex-reader.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { LineSelection, RuleKinds } from './rule-kind.ts';

/**
 * What the expressions of a project's rules may cost together, in parts as `readRegex` counts them. `timeout|refused`
 * has 17, so 1,000 rules like it fit three times over; of the greatest expressions, of 1,500 parts, 33 fit.
 *
 * A part costs nothing by itself: an expression whose automaton stays small takes about 10 ns a character whatever its
 * parts, and one whose literals a line lacks is not tried at all. Where the automaton grows too large, each part takes 20
 * to 45 ns a character, up to 46 ms for an expression and a line, so that the greatest that fit take 1.5 s together at
 * worst. Many small ones of that sort on very long lines may still take longer: that holds up the rules of projects that
 * share the partition, and nothing else, since everything else has its turn between two expressions.
 */
export const expressionBudget = 50_000;

type StoredRule = Pick<AlertRule, 'alert_type' | 'conditions' | 'filter'>;

/** What the expressions of one rule cost, in parts. Nothing is compiled for it. */
export function expressionCost({ regex }: LineSelection, filter: Pick<LogFilter, 'regex'>): number {
  return costOf(regex) + costOf(filter.regex);
}

/** The same of a rule as it is stored; 0 for one that cannot be read, and so not be evaluated. */
export function storedExpressionCost(kinds: RuleKinds, { alert_type, conditions, filter }: StoredRule): number {
  try {
    const lines = kinds.get(alert_type)?.storedLines(JSON.parse(conditions)) ?? {};
    return expressionCost(lines, filter === null ? {} : JSON.parse(filter));
  } catch {
    return 0;
  }
}

function costOf(pattern: string | undefined): number {
  const reading = pattern === undefined ? undefined : readRegex(pattern);
  return reading && 'size' in reading ? reading.size : 0;
}
