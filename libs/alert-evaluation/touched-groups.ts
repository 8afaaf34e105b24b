import type { CompiledRule } from '@tailrace/alert-rules/matching/compiled-rule.ts';
import type { AlertLine } from '@tailrace/schemas/generated/alert-line.ts';
import type { BucketCount } from '@tailrace/schemas/generated/bucket-count.ts';

/** A group that is to be evaluated, with the lines that came for it: none, where only time has gone on. */
export interface TouchedGroup {
  readonly rule: CompiledRule;
  readonly group: string;
  readonly buckets: BucketCount[];
  readonly lines: AlertLine[];
}

/** Groups to evaluate, in the order in which they were first touched. */
export class TouchedGroups {
  #touched = new Map<string, TouchedGroup>();

  /** What came for a rule as it was before it changed is forgotten. */
  touch(rule: CompiledRule, group: string): TouchedGroup {
    const key = `${rule.rule.id}/${group}`;
    let touched = this.#touched.get(key);
    if (!touched || touched.rule.rule.revision !== rule.rule.revision) {
      touched = { rule, group, buckets: [], lines: [] };
      this.#touched.set(key, touched);
    }
    return touched;
  }

  take(): Iterable<TouchedGroup> {
    const touched = this.#touched;
    this.#touched = new Map();
    return touched.values();
  }
}
