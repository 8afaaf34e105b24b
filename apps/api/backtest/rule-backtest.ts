import { AlertEvaluator } from '@tailrace/alert-evaluation/alert-evaluator.ts';
import { bucketsOf } from '@tailrace/alert-evaluation/group-evaluation.ts';
import type { KnownConnections } from '@tailrace/alert-evaluation/known-connections.ts';
import { LineCounter, type LinePosition } from '@tailrace/alert-evaluation/line-counter.ts';
import { bucketMs, bucketStart } from '@tailrace/alert-rules/bucket.ts';
import type { CompiledRule } from '@tailrace/alert-rules/matching/compiled-rule.ts';
import { RuleMatcher } from '@tailrace/alert-rules/matching/rule-matcher.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import type { AlertState } from '@tailrace/schemas/generated/alert-state.ts';
import type { ConnectionProgress } from '@tailrace/schemas/generated/connection-progress.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { AlertLedger } from './alert-ledger.ts';
import type { Timeline } from './timeline.ts';

export interface RuleBacktestOptions {
  readonly compiled: CompiledRule;
  readonly timeline: Timeline;
  /** As of the role that evaluates for real. */
  readonly latenessMs: number;
  readonly maxGroups: number;
  /** Alerts that are kept whole; of further ones only the number is. */
  readonly maxAlerts: number;
  /** When the line that is being evaluated arrived, microseconds. */
  readonly now: () => number;
  readonly connections: KnownConnections;
}

/** Evaluates one rule as the alerting role does, with the same two stages, and gathers what it would have reported. */
export class RuleBacktest {
  readonly timeline: Timeline;
  matched = 0;
  lateLines = 0;
  fired = 0;
  /** All alerts, in little. */
  readonly ledger = new AlertLedger();
  /** How long one of its alerts lasts at most, microseconds. */
  readonly longest: number;
  readonly #maxAlerts: number;
  readonly #alerts = new Map<string, Alert>();
  readonly #counter: LineCounter;
  readonly #evaluator: AlertEvaluator;
  /** Those that it watches for silence; undefined for a rule that counts lines. */
  readonly #watched: KnownConnections | undefined;

  constructor({ compiled, timeline, latenessMs, maxGroups, maxAlerts, now, connections }: RuleBacktestOptions) {
    this.timeline = timeline;
    this.#watched = compiled.condition.type === 'silence' ? connections : undefined;
    this.longest = bucketsOf(compiled).cooldown * bucketMs * 1000;
    this.#maxAlerts = maxAlerts;
    const matcher = new RuleMatcher();
    matcher.set(compiled);
    this.#counter = new LineCounter({ matcher, since: () => 0 });
    this.#evaluator = new AlertEvaluator({
      store: new Map<string, AlertState>(),
      rules: new Map([[compiled.rule.id, compiled]]),
      compile: () => compiled,
      latenessMs,
      maxGroups,
      now,
      connections,
      onLateLines: (_, lines) => {
        this.lateLines += lines;
      },
    });
  }

  add(record: LogRecord, position: LinePosition): void {
    this.#counter.add(record, position);
  }

  /** Takes how far connections are complete, before or after the lines that it is about. */
  progress(connections: readonly ConnectionProgress[]): void {
    // That the lines of a connection end where it was deleted is no silence.
    const there = connections.filter(({ connection_id: id }) => this.#watched?.get(id) ?? !this.#watched);
    this.#evaluator.progress({ partition: 0, partitions: 1, connections: there });
    this.#evaluator.settle((alert) => this.#take(alert));
  }

  /** Draws the conclusions of the lines so far. */
  settle(): void {
    for (const counts of this.#counter.take()) {
      for (const { bucket, count } of counts.buckets) {
        this.matched += count;
        this.timeline.lines(bucketStart(bucket), count);
      }
      this.#evaluator.count(counts);
    }
    this.#evaluator.settle((alert) => this.#take(alert));
  }

  /** The kept alerts in their newest state, in order of their start. */
  alerts(): readonly Alert[] {
    return [...this.#alerts.values()].sort(
      (one, other) => one.started_at - other.started_at || (one.id < other.id ? -1 : 1),
    );
  }

  #take(alert: Alert): void {
    this.ledger.take(alert);
    if (alert.event === 'fired' || alert.event === 'escalated') {
      this.fired += 1;
      this.timeline.alert(alert.started_at);
      if (this.#alerts.size >= this.#maxAlerts) return;
    } else if (!this.#alerts.has(alert.id)) return;
    this.#alerts.set(alert.id, alert);
  }
}
