import type { LogFilter } from '@tailrace/log-query/log-filter.ts';
import { expressionsOf } from '@tailrace/log-query/query/required-parts.ts';
import { readRegex } from '@tailrace/log-query/regex/regex-reader.ts';
import { compileRegex } from '@tailrace/log-query/regex.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { LineSelection, RuleKinds } from './rule-kind.ts';

/**
 * What the expressions of a project's rules may cost together, in parts as `readRegex` counts them. `timeout|refused`
 * has 17, so 1,000 rules like it fit three times over.
 *
 * Where an expression's automaton stays small, a character of a line takes about 10 ns whatever its parts, and one whose
 * literals a line lacks is not tried at all. Where it may outgrow its memory, as that of `[ab]*a[ab]{12}[cd]` or
 * `(error|failed).{0,200}timeout`, a line made for it takes 20 to 45 ns a character for each part, up to 66 ms for a line.
 * Each part of such an expression counts for 20, and the whole for 1,500 at least: so 33 of them fit at most, and they take
 * 0.7 s together on a line of 8,000 characters, 2.2 s on the longest.
 *
 * What they take holds up the rules of projects that share the partition, and nothing else, since everything else has its
 * turn between two expressions.
 */
export const expressionBudget = 50_000;

const heavyFactor = 20;
const leastOfHeavy = 1500;

type StoredRule = Pick<AlertRule, 'alert_type' | 'conditions' | 'filter'>;

/** What the expressions of one rule cost, in parts. To find out takes up to 15 ms for each that was not asked about lately. */
export function expressionCost({ regex }: LineSelection, filter: Pick<LogFilter, 'regex' | 'query'>): number {
  return [regex, filter.regex, ...expressionsOf(filter.query)].reduce((sum, each) => sum + costOf(each), 0);
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

/** What one expression costs, in parts; 0 for none, and for one that cannot be read. */
export function costOf(pattern: string | undefined): number {
  const reading = pattern === undefined ? undefined : readRegex(pattern);
  if (pattern === undefined || !reading || 'fault' in reading) return 0;
  const compiled = compileRegex(pattern);
  if ('problem' in compiled || compiled.isLight) return reading.size;
  return Math.max(leastOfHeavy, heavyFactor * reading.size);
}
