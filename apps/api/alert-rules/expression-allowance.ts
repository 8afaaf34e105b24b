import { expressionBudget, storedExpressionCost } from '@tailrace/alert-rules/expression-cost.ts';
import type { RuleKinds } from '@tailrace/alert-rules/rule-kind.ts';
import { Problem } from '@tailrace/http/problem.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';

interface ExpressionAllowanceOptions {
  readonly kinds: RuleKinds;
  readonly rulesOf: (projectId: string) => readonly AlertRule[];
}

/** What a rule costs depends on these. */
type Costly = Pick<AlertRule, 'alert_type' | 'conditions' | 'filter' | 'enabled'>;

/** Lets a project's rules be turned on while their expressions fit into what a project may have. */
export class ExpressionAllowance {
  readonly #options: ExpressionAllowanceOptions;
  /** Of rules as the table has them: a change makes another object. */
  readonly #costs = new WeakMap<AlertRule, number>();
  /** By project and rule, what is being written: the table has it a little later. */
  readonly #underWay = new Map<string, Map<string, number>>();

  constructor(options: ExpressionAllowanceOptions) {
    this.#options = options;
  }

  /**
   * Takes what a rule needs, so that no other is given it while the rule is written.
   * @returns what is to be called when the rule has been written, or could not be.
   * @throws Problem 422 that says how much is used and what to do. A change that costs no more than before is let through.
   */
  take(projectId: string, id: string, rule: Costly): () => void {
    const cost = rule.enabled ? storedExpressionCost(this.#options.kinds, rule) : 0;
    this.#require(projectId, id, cost);
    const underWay = this.#underWay.get(projectId) ?? new Map<string, number>();
    this.#underWay.set(projectId, underWay.set(id, cost));
    return () => {
      underWay.delete(id);
      if (underWay.size === 0 && this.#underWay.get(projectId) === underWay) this.#underWay.delete(projectId);
    };
  }

  #require(projectId: string, id: string, cost: number): void {
    if (cost === 0) return;
    const costs = new Map(this.#options.rulesOf(projectId).map((each) => [each.id, this.#costOf(each)]));
    if (cost <= (costs.get(id) ?? 0)) return;
    for (const [each, own] of this.#underWay.get(projectId) ?? []) costs.set(each, own);
    costs.delete(id);
    const used = [...costs.values()].reduce((sum, each) => sum + each, 0);
    if (used + cost <= expressionBudget) return;
    throw new Problem(422, {
      detail: `The regular expressions of a project's alert rules may have ${expressionBudget} parts in all. Those of the rules that are on have ${used}, and this one has ${cost}. Shorten an expression or repeat less in it, or turn off or delete a rule.`,
    });
  }

  #costOf(rule: AlertRule): number {
    if (!rule.enabled) return 0;
    const cost = this.#costs.get(rule) ?? storedExpressionCost(this.#options.kinds, rule);
    this.#costs.set(rule, cost);
    return cost;
  }
}
