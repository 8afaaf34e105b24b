import { expressionBudget } from './expression-cost.ts';

/** A rule that is on, with what its expressions cost. */
export interface CostedRule {
  readonly id: string;
  readonly created_at: number;
  /** In parts. */
  readonly cost: number;
}

/**
 * Which of a project's rules are evaluated: the oldest ones that fit together into what its expressions may cost. The API
 * refuses a rule beyond that; there are such rules where two were written at once, or before the budget was what it is.
 * Alerting goes by this, and the API shows it.
 *
 * @returns their ids.
 */
export function rulesWithinBudget(rules: Iterable<CostedRule>, budget: number = expressionBudget): Set<string> {
  const fitting = new Set<string>();
  let used = 0;
  for (const { id, cost } of [...rules].sort(olderFirst)) {
    if (used + cost > budget) continue;
    used += cost;
    fitting.add(id);
  }
  return fitting;
}

function olderFirst(one: CostedRule, other: CostedRule): number {
  return one.created_at - other.created_at || (one.id < other.id ? -1 : 1);
}
