import type { CompiledRule } from '@tailrace/alert-rules/matching/compiled-rule.ts';

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
 * Holds the expressions of each project's rules to what they may cost together. The API refuses a rule beyond that; rules
 * that were stored before it did are refused here, the newest first, and the others are asked as ever.
 */
export class ExpressionBudgets {
  readonly #budget: number;
  readonly #projects = new Map<string, Project>();

  /** @param budget of one project, in parts. */
  constructor(budget: number) {
    this.#budget = budget;
  }

  /** A rule that is on, new or changed. It is itself among those that are told of. */
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
    const byAge = cost <= this.#budget ? rules.values() : [...rules.values()].sort(olderFirst);
    let used = 0;
    for (const compiled of byAge) {
      const { id } = compiled.rule;
      const fits = used + compiled.cost <= this.#budget;
      if (fits) used += compiled.cost;
      if (fits === admitted.has(id)) continue;
      if (fits) admitted.add(id);
      else admitted.delete(id);
      changes[fits ? 'admitted' : 'refused'].push(compiled);
    }
    return changes;
  }
}

function olderFirst({ rule: one }: CompiledRule, { rule: other }: CompiledRule): number {
  return one.created_at - other.created_at || (one.id < other.id ? -1 : 1);
}
