import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import type { CompiledRule } from './compiled-rule.ts';
import { ProjectMatcher } from './project-matcher.ts';

/** The rules that are on, by project. A change costs its own project an index, made when its next line comes. */
export class RuleMatcher {
  readonly #projects = new Map<string, Map<string, CompiledRule>>();
  readonly #matchers = new Map<string, ProjectMatcher>();

  /** Whether the project has a rule at all: lines of others need not even be decoded. */
  watches(project: string): boolean {
    return this.#projects.has(project);
  }

  set(compiled: CompiledRule): void {
    const { id, project_id: project } = compiled.rule;
    const rules = this.#projects.get(project) ?? new Map<string, CompiledRule>();
    this.#projects.set(project, rules.set(id, compiled));
    this.#matchers.delete(project);
  }

  delete(project: string, id: string): void {
    const rules = this.#projects.get(project);
    if (!rules?.delete(id)) return;
    if (rules.size === 0) this.#projects.delete(project);
    this.#matchers.delete(project);
  }

  /** Calls back with each rule of the line's project that the line matches. */
  each(record: LogRecord, callback: (rule: CompiledRule) => void): void {
    const rules = this.#projects.get(record.project_id);
    if (!rules) return;
    let matcher = this.#matchers.get(record.project_id);
    if (!matcher) {
      matcher = new ProjectMatcher([...rules.values()]);
      this.#matchers.set(record.project_id, matcher);
    }
    matcher.each(record, callback);
  }
}
