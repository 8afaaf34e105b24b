import type { CompiledRule } from '@tailrace/alert-rules/matching/compiled-rule.ts';
import { type CostedRule, rulesWithinBudget } from '@tailrace/alert-rules/rules-within-budget.ts';

/** Rules whose standing a change has altered. */
export interface Standing {
  /** May be asked now. */
  readonly admitted: readonly CompiledRule[];
  /** May not be asked any more, or not yet. */
  readonly refused: readonly CompiledRule[];
}

interface Project {
  readonly rules: Map<string, CompiledRule>;
  readonly admitted: Set<string>;
  cost: number;
}

/**
 * Holds the expressions of each project's rules to what they may cost together, as `rulesWithinBudget` has it: the newest
 * rules that do not fit are refused, and the others are asked.
 */
export class ExpressionBudgets {
  readonly #budget: number;
  readonly #projects = new Map<string, Project>();

  /** @param budget of one project, in parts. */
  constructor(budget: number) {
    this.#budget = budget;
  }

  /** A rule that is on, new or changed. It is itself among those that are returned. */
  set(compiled: CompiledRule): Standing {
    const { id, project_id: projectId } = compiled.rule;
    const project = this.#projects.get(projectId) ?? { rules: new Map(), admitted: new Set(), cost: 0 };
    this.#projects.set(projectId, project);
    project.cost += compiled.cost - (project.rules.get(id)?.cost ?? 0);
    project.rules.set(id, compiled);
    project.admitted.delete(id);
    const { admitted, refused } = this.#judge(project);
    const fits = project.admitted.has(id);
    return { admitted, refused: fits || refused.includes(compiled) ? refused : [...refused, compiled] };
  }

  delete(projectId: string, id: string): Standing {
    const project = this.#projects.get(projectId);
    const compiled = project?.rules.get(id);
    if (!project || !compiled) return { admitted: [], refused: [] };
    project.cost -= compiled.cost;
    project.rules.delete(id);
    project.admitted.delete(id);
    if (project.rules.size === 0) this.#projects.delete(projectId);
    return this.#judge(project);
  }

  #judge({ rules, admitted, cost }: Project): Standing {
    const changes = { admitted: [] as CompiledRule[], refused: [] as CompiledRule[] };
    const fitting = cost <= this.#budget ? undefined : rulesWithinBudget(costed(rules.values()), this.#budget);
    for (const compiled of rules.values()) {
      const { id } = compiled.rule;
      const fits = fitting?.has(id) ?? true;
      if (fits === admitted.has(id)) continue;
      if (fits) admitted.add(id);
      else admitted.delete(id);
      changes[fits ? 'admitted' : 'refused'].push(compiled);
    }
    return changes;
  }
}

function* costed(rules: Iterable<CompiledRule>): Generator<CostedRule> {
  for (const { rule, cost } of rules) yield { id: rule.id, created_at: rule.created_at, cost };
}
