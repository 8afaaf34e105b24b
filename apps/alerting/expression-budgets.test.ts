import type { CompiledRule } from '@tailrace/alert-rules/matching/compiled-rule.ts';
import { compiledRule } from '@tailrace/alert-rules/test-rules.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ExpressionBudgets } from './expression-budgets.ts';

const budget = 100;

function costing(id: number, cost: number, project: string): CompiledRule {
  return { ...compiledRule({ id: `rule_${id}`, project_id: project, created_at: id }), cost };
}

const changes = fc.array(
  fc.record({
    id: fc.integer({ min: 0, max: 9 }),
    cost: fc.option(fc.integer({ min: 0, max: 70 })),
    project: fc.constantFrom('shop', 'bank'),
  }),
  { maxLength: 40 },
);

it('the budget of expressions asks of each project the oldest rules that fit, whatever order they were read and changed in', () => {
  fc.assert(
    fc.property(changes, (all) => {
      const budgets = new ExpressionBudgets(budget);
      const asked = new Map<string, CompiledRule>();
      const present = new Map<string, CompiledRule>();
      for (const { id, cost, project } of all) {
        const key = `${project}/rule_${id}`;
        const compiled = costing(id, cost ?? 0, project);
        const standing = cost === null ? budgets.delete(project, `rule_${id}`) : budgets.set(compiled);
        // As the rule book does: what changed is withdrawn, then what the budget says is put in place.
        asked.delete(key);
        if (cost === null) present.delete(key);
        else present.set(key, compiled);
        for (const each of standing.admitted) asked.set(`${each.rule.project_id}/${each.rule.id}`, each);
        for (const { rule } of standing.refused) asked.delete(`${rule.project_id}/${rule.id}`);
        expect(new Set(asked.values())).toEqual(new Set(oldestThatFit([...present.values()])));
      }
    }),
  );
});

it('the budget of expressions names a rule that does not fit each time that it is set', () => {
  const budgets = new ExpressionBudgets(budget);
  const [one, other] = [costing(1, 60, 'shop'), costing(2, 60, 'shop')];
  budgets.set(one);
  expect(budgets.set(other)).toEqual({ admitted: [], refused: [other] });
  expect(budgets.set(other)).toEqual({ admitted: [], refused: [other] });
  expect(budgets.delete('shop', 'rule_1')).toEqual({ admitted: [other], refused: [] });
});

function oldestThatFit(rules: readonly CompiledRule[]): CompiledRule[] {
  const used = new Map<string, number>();
  return rules
    .toSorted((one, other) => one.rule.created_at - other.rule.created_at)
    .filter(({ rule, cost }) => {
      const sum = (used.get(rule.project_id) ?? 0) + cost;
      if (sum > budget) return false;
      used.set(rule.project_id, sum);
      return true;
    });
}
