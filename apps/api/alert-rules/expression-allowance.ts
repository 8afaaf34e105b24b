import { costOf, expressionBudget, storedExpressionCost } from '@tailrace/alert-rules/expression-cost.ts';
import type { RuleKinds } from '@tailrace/alert-rules/rule-kind.ts';
import { rulesWithinBudget } from '@tailrace/alert-rules/rules-within-budget.ts';
import { Problem } from '@tailrace/http/problem.ts';
import { compileRegex } from '@tailrace/log-query/regex.ts';
import { Slice } from '@tailrace/log-query/thread-time.ts';
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
   * Finds out what the expressions of a project's rules cost, a millisecond or so for each that was not asked about before,
   * in slices of the project's share of the thread. What is asked afterwards is then answered at once.
   */
  async measure(projectId: string): Promise<void> {
    const slice = new Slice(projectId);
    for (const rule of this.#options.rulesOf(projectId)) {
      if (slice.isOver) await slice.rest();
      this.#costOf(rule);
    }
    slice.end();
  }

  /** Ids of the project's rules that are on and not evaluated, because their expressions do not fit with those of the others. */
  beyond(projectId: string): ReadonlySet<string> {
    const on = this.#options.rulesOf(projectId).filter(({ enabled }) => enabled);
    const fitting = rulesWithinBudget(
      on.map((rule) => ({ id: rule.id, created_at: rule.created_at, cost: this.#costOf(rule) })),
    );
    return new Set(on.map(({ id }) => id).filter((id) => !fitting.has(id)));
  }

  /**
   * Takes what a rule needs, so that no other is given it while the rule is written.
   * @returns what is to be called when the rule has been written, or could not be.
   * @throws Problem 422 that says how much is used and what to do. A change that costs no more than before is let through.
   */
  take(projectId: string, id: string, rule: Costly): () => void {
    const cost = rule.enabled ? storedExpressionCost(this.#options.kinds, rule) : 0;
    this.#require(projectId, id, rule, cost);
    const underWay = this.#underWay.get(projectId) ?? new Map<string, number>();
    this.#underWay.set(projectId, underWay.set(id, cost));
    return () => {
      underWay.delete(id);
      if (underWay.size === 0 && this.#underWay.get(projectId) === underWay) this.#underWay.delete(projectId);
    };
  }

  #require(projectId: string, id: string, rule: Costly, cost: number): void {
    if (cost === 0) return;
    const costs = new Map(this.#options.rulesOf(projectId).map((each) => [each.id, this.#costOf(each)]));
    if (cost <= (costs.get(id) ?? 0)) return;
    for (const [each, own] of this.#underWay.get(projectId) ?? []) costs.set(each, own);
    costs.delete(id);
    const used = [...costs.values()].reduce((sum, each) => sum + each, 0);
    if (used + cost <= expressionBudget) return;
    const { name, pattern } = this.#costliest(rule);
    const message = `costs ${cost} parts, and the regular expressions of a project's alert rules may cost ${expressionBudget} in all, of which the rules that are on have ${used}. ${remedy(pattern)}, or turn off or delete a rule`;
    const field = `body.${name}`;
    throw new Problem(422, { detail: `${field}: ${message}`, errors: [{ field, message }] });
  }

  /** The field with the expression that costs most, and the expression. */
  #costliest({ alert_type, conditions, filter }: Costly): { readonly name: string; readonly pattern: string } {
    const given: Record<string, unknown> = JSON.parse(conditions);
    const { regex = '' } = this.#options.kinds.get(alert_type)?.storedLines(given) ?? {};
    const filterRegex: string = (filter === null ? undefined : JSON.parse(filter).regex) ?? '';
    if (costOf(regex) < costOf(filterRegex)) return { name: 'filter.regex', pattern: filterRegex };
    // A kind may put flags before what was written.
    const key = Object.keys(given).find((each) => typeof given[each] === 'string' && regex.endsWith(given[each]));
    return { name: key === undefined ? 'conditions' : `conditions.${key}`, pattern: regex };
  }

  #costOf(rule: AlertRule): number {
    if (!rule.enabled) return 0;
    const cost = this.#costs.get(rule) ?? storedExpressionCost(this.#options.kinds, rule);
    this.#costs.set(rule, cost);
    return cost;
  }
}

function remedy(pattern: string): string {
  const compiled = compileRegex(pattern);
  if ('problem' in compiled || compiled.isLight) return 'Shorten the expression or repeat less in it';
  return 'Each part of this one counts 20 times, since its repetitions overlap and some lines would make it slow: write .* for a counted repetition such as .{0,200}';
}
