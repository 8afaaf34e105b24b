import { setTimeout as delay } from 'node:timers/promises';
import { AlertEvaluator, type InvalidationReason } from '@tailrace/alert-evaluation/alert-evaluator.ts';
import type { KnownConnections } from '@tailrace/alert-evaluation/known-connections.ts';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import type { AlertPartial } from '@tailrace/schemas/generated/alert-partial.ts';
import type { AlertState } from '@tailrace/schemas/generated/alert-state.ts';
import type { GroupCounts } from '@tailrace/schemas/generated/group-counts.ts';
import type { StoreSpec } from '@tailrace/stream/processing/state-store.ts';
import type { RecordProcessor, TaskContext, Topology } from '@tailrace/stream/processing/topology.ts';
import { topics } from '@tailrace/topics/topics.ts';
import type { AlertingMetrics } from './alerting-metrics.ts';
import type { RuleRegistry } from './rule-registry.ts';

export interface EvaluationOptions {
  readonly book: RuleRegistry;
  readonly connections: KnownConnections;
  readonly metrics: AlertingMetrics;
  readonly latenessMs: number;
  readonly maxGroups: number;
  /** Of `alert-partials`, as the broker has them. */
  readonly partitions: number;
}

/** Time until a rule is looked for again when the broker did not answer, milliseconds. */
const lookAgainMs = 1000;

const state: StoreSpec<AlertState> = { name: 'alerts', changelog: topics.alertState };

/** The second stage of alerting: adds up what was counted for the rules of one partition, and says which alerts there are. */
export function evaluationTopology(options: EvaluationOptions): Topology<AlertPartial> {
  return {
    group: 'alert-evaluation',
    inputs: [topics.alertPartials],
    outputs: [topics.alerts],
    stores: [state],
    processor: (task) => evaluation(options, task),
  };
}

function evaluation(options: EvaluationOptions, task: TaskContext): RecordProcessor<AlertPartial> {
  const { book, connections, metrics, latenessMs, maxGroups, partitions } = options;
  const isOwn = (rule: string) => partitionFor(rule, partitions) === task.partition;
  function* ownRules() {
    for (const rule of book.values()) if (isOwn(rule.rule.id)) yield rule;
  }
  const evaluator = new AlertEvaluator({
    store: task.store(state),
    rules: {
      get: (id) => (isOwn(id) ? book.get(id) : undefined),
      values: () => ownRules(),
    },
    compile: (rule) => book.compile(rule),
    connections,
    latenessMs,
    maxGroups,
    now: () => Date.now() * 1000,
    onLateLines: (rule, lines) => metrics.lateLines(lines, rule),
    onOverflow: metrics.groupOverflowed,
  });
  /** Rules that may have changed against what is remembered of them. */
  const changed = new Set(Array.from(evaluator.rememberedRules(), ({ id }) => id));
  const look = (rule: string) => {
    if (!isOwn(rule)) return;
    changed.add(rule);
    task.wake();
  };
  book.listen(look, task.ended);
  if (changed.size > 0) task.wake();

  /** Has a rule compared once it is certain whether it still comes up. */
  async function makeSure(id: string, revision: number): Promise<void> {
    try {
      await book.makeSure(id, revision).catch(() => delay(lookAgainMs, undefined, { signal: task.ended }));
      look(id);
    } catch {
      // The task has ended. The next owner looks for all rules again.
    }
  }

  function compare(id: string): void {
    const remembered = evaluator.remembered(id);
    if (!remembered) {
      if (book.get(id)?.condition.type === 'silence') evaluator.revisitConnections();
      return;
    }
    const { revision } = remembered;
    const rule = book.rule(id);
    if ((rule?.revision ?? 0) < revision && !book.isGone(id, revision)) {
      void makeSure(id, revision);
      return;
    }
    const reason = voidingOf(rule, revision);
    if (reason) evaluator.void(id, reason);
    else evaluator.revisit(id);
  }

  return {
    process: ({ value: { counts, progress } }) => {
      if (progress) evaluator.progress(progress);
      if (counts && isInForce(book, counts)) evaluator.count(counts);
    },
    finish: (emit) => {
      for (const id of changed) compare(id);
      changed.clear();
      evaluator.settle((alert) => {
        metrics.written(alert);
        emit(topics.alerts, alert.rule_id, alert, { headers: { project: alert.project_id } });
      });
    },
  };
}

function voidingOf(
  rule: { readonly enabled: boolean; readonly revision: number } | undefined,
  revision: number,
): InvalidationReason | undefined {
  if (!rule || rule.revision < revision) return 'rule_deleted';
  if (!rule.enabled) return 'rule_disabled';
  return rule.revision > revision ? 'rule_changed' : undefined;
}

/**
 * Whether counts hold for a rule as it is now: a change of anything else than what it counts, such as the cooldown,
 * loses none of those that are under way.
 * @throws TailraceError `alerting.rule_unread` when the first stage knows the rule and this process does not yet: once
 *   its table has been read that far, the batch is run again.
 */
function isInForce(book: RuleRegistry, { rule_id: id, rule_revision: revision }: GroupCounts): boolean {
  const known = book.rule(id)?.revision ?? 0;
  if (known >= revision) return revision >= book.countsSince(id) && book.get(id) !== undefined;
  if (book.isGone(id, revision)) return false;
  void book.makeSure(id, revision).catch(() => undefined);
  throw new TailraceError(`rule ${id} has not been read at revision ${revision} yet`, {
    code: 'alerting.rule_unread',
    remedy: 'retry',
  });
}
