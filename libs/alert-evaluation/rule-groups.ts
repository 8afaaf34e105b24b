import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { EvaluationStore } from './evaluation-store.ts';
import { groupOfKey } from './group-store.ts';

/** The group that lines are counted in for which there is no room; a real group of this name shares it. */
export const otherGroups = '(other groups)';

export interface RuleGroupsOptions {
  readonly store: EvaluationStore;
  /** Groups of one rule that are tracked at a time; lines of more are counted together as `otherGroups`. */
  readonly maxGroups: number;
  readonly onOverflow?: ((rule: AlertRule) => void) | undefined;
}

/** Which groups of each rule are tracked. */
export class RuleGroups {
  readonly #options: RuleGroupsOptions;
  readonly #groups = new Map<string, Set<string>>();

  /** Begins with those that something is remembered of. */
  constructor(options: RuleGroupsOptions) {
    this.#options = options;
    for (const [key] of options.store.entries()) {
      const [rule, group] = groupOfKey(key) ?? [];
      if (rule !== undefined && group !== undefined) this.of(rule).add(group);
    }
  }

  rules(): Iterable<string> {
    return this.#groups.keys();
  }

  of(rule: string): Set<string> {
    const groups = this.#groups.get(rule) ?? new Set();
    this.#groups.set(rule, groups);
    return groups;
  }

  /** The group itself, or the others' when the rule has as many groups as it may. */
  roomFor(rule: AlertRule, group: string): string {
    const groups = this.of(rule.id);
    if (groups.has(group) || groups.size < this.#options.maxGroups) {
      groups.add(group);
      return group;
    }
    this.#options.onOverflow?.(rule);
    groups.add(otherGroups);
    return otherGroups;
  }

  delete(rule: string): void {
    this.#groups.delete(rule);
  }
}
