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

  /**
   * Asks those rules of the line's project that may match, as they are now: gives each that the line matches, and
   * undefined for each that it does not. A single one takes up to 50 ms.
   */
  ask(record: LogRecord): Iterable<CompiledRule | undefined> {
    const rules = this.#projects.get(record.project_id);
    if (!rules) return [];
    let matcher = this.#matchers.get(record.project_id);
    if (!matcher) {
      matcher = new ProjectMatcher([...rules.values()]);
      this.#matchers.set(record.project_id, matcher);
    }
    return matcher.ask(record);
  }
}
