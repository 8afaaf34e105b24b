import { countsTheSame } from '@tailrace/alert-rules/counts-the-same.ts';
import { expressionBudget } from '@tailrace/alert-rules/expression-cost.ts';
import { type CompiledRule, compileRule } from '@tailrace/alert-rules/matching/compiled-rule.ts';
import { RuleMatcher } from '@tailrace/alert-rules/matching/rule-matcher.ts';
import type { RuleKinds } from '@tailrace/alert-rules/rule-kind.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import { openTable, type Table } from '@tailrace/stream/reading/table.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { ExpressionBudgets, type Standing } from './expression-budgets.ts';

interface RuleRegistryOptions {
  readonly kafka: Kafka;
  readonly kinds: RuleKinds;
  readonly logger: Logger;
}

/** The rules as the table has them, ready to be asked; a change is in force as soon as it is read. */
export class RuleRegistry {
  /** The rules that are on. */
  readonly matcher = new RuleMatcher();
  readonly #options: RuleRegistryOptions;
  readonly #compiled = new Map<string, CompiledRule>();
  readonly #budgets = new ExpressionBudgets(expressionBudget);
  readonly #countsSince = new Map<string, number>();
  readonly #listeners = new Set<(rule: string) => void>();
  readonly #stop = new AbortController();
  readonly #table: Table<AlertRule>;
  /** Rules, each at a revision, that the table did not have although all of it had been read since they were missed. */
  readonly #gone = new Set<string>();

  private constructor(options: RuleRegistryOptions) {
    this.#options = options;
    const { kafka, logger } = options;
    this.#table = openTable({
      kafka,
      logger,
      topic: topics.alertRules,
      onChange: ({ key, value, previous }) => this.#change(key, value, previous),
    });
  }

  /** Resolves once all rules that there are have been read. Rejects with the error of a table that was closed before. */
  static async open(options: RuleRegistryOptions): Promise<RuleRegistry> {
    const book = new RuleRegistry(options);
    await book.#table.caughtUp;
    return book;
  }

  /** A rule as the table has it, on or off. */
  rule(id: string): AlertRule | undefined {
    return this.#table.get(id);
  }

  /** A rule that is on and can be evaluated here. */
  get(id: string): CompiledRule | undefined {
    return this.#compiled.get(id);
  }

  /**
   * The first revision of which it is known that what was counted under it holds for the rule as it is now; infinite
   * for a rule that there is not. The table is compacted: who reads it after a change has only the newest revision,
   * and this is that one.
   */
  countsSince(id: string): number {
    return this.#countsSince.get(id) ?? Number.POSITIVE_INFINITY;
  }

  values(): Iterable<CompiledRule> {
    return this.#compiled.values();
  }

  compile(rule: AlertRule): CompiledRule | undefined {
    const compiled = compileRule(this.#options.kinds, rule);
    return 'problem' in compiled ? undefined : compiled;
  }

  /** Yields each rule that changed, until the signal aborts. */
  listen(listener: (rule: string) => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#listeners.add(listener);
    signal.addEventListener('abort', () => this.#listeners.delete(listener), { once: true });
  }

  /** Whether it is certain that the rule will not come up at this revision: `makeSure` has looked for it in vain. */
  isGone(id: string, revision: number): boolean {
    return this.#gone.has(`${id}/${revision}`);
  }

  /**
   * For a rule that others know already, or still: reads the table up to the end that it has now. What is missing then
   * was deleted.
   */
  async makeSure(id: string, revision: number): Promise<void> {
    const { signal } = this.#stop;
    const ends = await this.#options.kafka.admin.offsets(topics.alertRules.name, 'last_stable');
    await Promise.all(ends.map((end, partition) => this.#table.untilOffset(partition, end, signal)));
    if ((this.rule(id)?.revision ?? 0) >= revision) return;
    if (this.#gone.size >= maxGone) this.#gone.clear();
    this.#gone.add(`${id}/${revision}`);
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error('alerting stops'));
    await this.#table.close();
  }

  #change(id: string, rule: AlertRule | undefined, previous: AlertRule | undefined): void {
    if (!rule) this.#countsSince.delete(id);
    else if (!previous || !stillCounts(previous, rule)) this.#countsSince.set(id, rule.revision);
    const before = this.#compiled.get(id)?.rule ?? previous;
    const compiled = rule?.enabled ? compileRule(this.#options.kinds, rule) : undefined;
    if (compiled && 'problem' in compiled) {
      const where = { rule: id, project: rule?.project_id };
      this.#options.logger.error(where, `a rule cannot be evaluated: ${compiled.problem}`);
    }
    if (before) this.#withdraw(before);
    const changed = new Set([id]);
    if (compiled && !('problem' in compiled)) this.#keepWithin(this.#budgets.set(compiled), changed);
    else if (before) this.#keepWithin(this.#budgets.delete(before.project_id, id), changed);
    for (const each of changed) for (const listener of [...this.#listeners]) listener(each);
  }

  /** @param changed takes the rules whose standing is another now. */
  #keepWithin({ admitted, refused }: Standing, changed: Set<string>): void {
    for (const compiled of admitted) {
      this.#compiled.set(compiled.rule.id, compiled);
      this.matcher.set(compiled);
      changed.add(compiled.rule.id);
    }
    for (const { rule, cost } of refused) {
      this.#withdraw(rule);
      changed.add(rule.id);
      this.#options.logger.error(
        { rule: rule.id, project: rule.project_id, parts: cost, allowed: expressionBudget },
        'a rule is not evaluated: with it, the regular expressions of its project have more parts than they may have in all; shorten one, or turn off or delete a rule',
      );
    }
  }

  #withdraw({ id, project_id: projectId }: AlertRule): void {
    this.#compiled.delete(id);
    this.matcher.delete(projectId, id);
  }
}

const maxGone = 10_000;

/** Whether what was counted for a rule before it changed holds still. What it counted before a pause does not. */
function stillCounts(previous: AlertRule, rule: AlertRule): boolean {
  if (rule.revision === previous.revision) return true;
  // Where versions are missing, compaction took them: what they counted is not known.
  return rule.version === previous.version + 1 && previous.enabled && countsTheSame(previous, rule);
}
