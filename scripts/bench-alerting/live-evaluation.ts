import { AlertEvaluator } from '@tailrace/alert-evaluation/alert-evaluator.ts';
import { LineCounter } from '@tailrace/alert-evaluation/line-counter.ts';
import { type CompiledRule, compileRule } from '@tailrace/alert-rules/matching/compiled-rule.ts';
import { RuleMatcher } from '@tailrace/alert-rules/matching/rule-matcher.ts';
import { ruleKinds } from '@tailrace/alert-rules/rule-kinds.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { AlertState } from '@tailrace/schemas/generated/alert-state.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';

/** The alerting role's defaults; every alert is kept. */
export const limits = { latenessMs: 3_600_000, maxGroups: 1000, maxAlerts: 1_000_000 };

/** @throws what is wrong with a rule. */
export function compileAll(rules: readonly AlertRule[]): CompiledRule[] {
  return rules.map((rule) => {
    const compiled = compileRule(ruleKinds, rule);
    if ('problem' in compiled) throw new Error(compiled.problem);
    return compiled;
  });
}

/** Both stages of alerting in this process, to be settled after each batch, as the role is after each transaction. */
export class LiveEvaluation {
  /** Alerts in their newest state. */
  readonly newest = new Map<string, Alert>();
  readonly #counter: LineCounter;
  readonly #evaluator: AlertEvaluator;

  constructor(rules: readonly CompiledRule[]) {
    const matcher = new RuleMatcher();
    for (const each of rules) matcher.set(each);
    const byId = new Map(rules.map((each) => [each.rule.id, each]));
    this.#counter = new LineCounter({ matcher, since: () => 0 });
    this.#evaluator = new AlertEvaluator({
      ...limits,
      store: new Map<string, AlertState>(),
      rules: byId,
      compile: ({ id }) => byId.get(id),
      now: () => Date.now() * 1000,
    });
  }

  add(record: LogRecord): void {
    this.#counter.add(record, { partition: 0, offset: 0 });
  }

  settle(): void {
    for (const counts of this.#counter.take()) this.#evaluator.count(counts);
    this.#evaluator.settle((alert) => this.newest.set(alert.id, alert));
  }

  /** @param upTo event time that all connections are complete up to, microseconds. */
  complete(project: string, connections: readonly string[], upTo: number): void {
    this.#evaluator.progress({
      partition: 0,
      partitions: 1,
      connections: connections.map((connection_id) => ({
        connection_id,
        project_id: project,
        reading: true,
        complete_up_to: upTo,
      })),
    });
    this.#evaluator.settle((alert) => this.newest.set(alert.id, alert));
  }
}
