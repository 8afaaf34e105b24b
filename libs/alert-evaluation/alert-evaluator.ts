import type { CompiledRule } from '@tailrace/alert-rules/matching/compiled-rule.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { GroupCounts } from '@tailrace/schemas/generated/group-counts.ts';
import type { PartitionProgress } from '@tailrace/schemas/generated/partition-progress.ts';
import { type EvaluationStore, ruleKey } from './evaluation-store.ts';
import { GroupEvaluator } from './group-evaluator.ts';
import { GroupStore } from './group-store.ts';
import type { KnownConnections } from './known-connections.ts';
import { type Ending, endAlerts, type Publishing } from './publish-alerts.ts';
import { otherGroups, RuleGroups } from './rule-groups.ts';
import { Scopes } from './scopes.ts';
import { TouchedGroups } from './touched-groups.ts';

/** Why a rule's alerts end that did not end by themselves. */
export type InvalidationReason = Exclude<Ending, 'connection_deleted'>;

export interface EvaluatorOptions {
  readonly store: EvaluationStore;
  /** The rules that are on and can be evaluated, of those that this evaluator is responsible for. */
  readonly rules: { get(id: string): CompiledRule | undefined; values(): Iterable<CompiledRule> };
  /** Reads a rule as it was remembered, to say what its alerts were about when it is no longer one of `rules`. */
  readonly compile: (rule: AlertRule) => CompiledRule | undefined;
  /** How much event time a line may be behind the watermark and still count, milliseconds. */
  readonly latenessMs: number;
  /** Groups of one rule that are tracked at a time; lines of more are counted together as `otherGroups`. */
  readonly maxGroups: number;
  /** The wall clock, microseconds since the epoch. */
  readonly now: () => number;
  /** Left out: none is known to have been deleted, and their ids must do for names. */
  readonly connections?: KnownConnections;
  readonly onLateLines?: (rule: AlertRule, lines: number) => void;
  readonly onOverflow?: (rule: AlertRule) => void;
}

/**
 * The second stage: adds up what the first one counted and says which alerts there are. Knows nothing of topics: it is
 * given counts and progress, and `settle` returns what there is to report. All it must remember is in the store.
 *
 * Which alerts there are in the end, and what they say, depends on the counts alone, not on their order, their parts or
 * how often `settle` is called; as long as no line is later than `latenessMs`.
 */
export class AlertEvaluator {
  readonly #options: EvaluatorOptions;
  readonly #scopes: Scopes;
  readonly #groups: RuleGroups;
  readonly #evaluator: GroupEvaluator;
  readonly #touched = new TouchedGroups();
  #voided = new Map<string, InvalidationReason>();
  #progressed = false;
  /** Whether scopes may have come out of use. */
  #outOfUse = true;

  constructor(options: EvaluatorOptions) {
    this.#options = options;
    const { store, maxGroups, onOverflow, latenessMs, onLateLines, connections } = options;
    this.#scopes = new Scopes(store);
    this.#groups = new RuleGroups({ store, maxGroups, onOverflow });
    this.#evaluator = new GroupEvaluator({
      store,
      scopes: this.#scopes,
      groups: this.#groups,
      latenessMs,
      onLateLines,
      connections,
    });
    // When each group is due is not stored: the next owner looks at all of them once.
    for (const rule of this.#groups.rules()) this.revisit(rule);
  }

  /** The rules that something is remembered of. */
  *rememberedRules(): Generator<AlertRule> {
    for (const [, { rule }] of this.#options.store.entries()) if (rule) yield rule;
  }

  /** A rule as it was when what is remembered of it was counted. */
  remembered(rule: string): AlertRule | undefined {
    return this.#options.store.get(ruleKey(rule))?.rule ?? undefined;
  }

  /** Takes what a rule counted. The rule must be one of `rules`, and count the same now, be its revision a later one. */
  count({ rule_id: id, group: counted, buckets, lines }: GroupCounts): void {
    const rule = this.#options.rules.get(id);
    if (!rule) throw new Error(`${id} is no rule of this evaluator`);
    const remembered = this.remembered(id);
    if (remembered && remembered.revision !== rule.rule.revision) this.void(id, 'rule_changed');
    const touched = this.#touched.touch(rule, this.#groups.roomFor(rule.rule, counted));
    touched.buckets.push(...buckets);
    touched.lines.push(...lines);
  }

  progress(progress: PartitionProgress): void {
    this.#scopes.take(progress);
    this.#progressed = true;
  }

  /** For a new rule that watches connections for silence: has them looked at before they progress. */
  revisitConnections(): void {
    this.#progressed = true;
  }

  /** Ends a rule's alerts and forgets what was counted for it. */
  void(rule: string, reason: InvalidationReason): void {
    this.#voided.set(rule, reason);
  }

  /** Draws the conclusions of everything taken since the last call, and reports them in order. */
  settle(publish: (alert: Alert) => void): void {
    const { now, connections } = this.#options;
    const publishing = { publish, now, connections };
    for (const [rule, reason] of this.#voided) this.#forget(rule, reason, publishing);
    this.#voided = new Map();
    if (this.#progressed) this.#advance(publishing);
    this.#progressed = false;
    for (const touched of this.#touched.take()) {
      const { rule } = touched.rule;
      const current = this.#options.rules.get(rule.id);
      // Else it was turned off or changed since it was touched.
      if (current?.rule.revision === rule.revision) this.#evaluator.evaluate(current, touched, publishing);
    }
  }

  #advance(publishing: Publishing): void {
    const moved = this.#scopes.advance();
    if (!this.#scopes.known) return;
    for (const rule of this.#options.rules.values()) {
      if (rule.condition.type === 'silence' && rule.rule.group_by === 'connection')
        this.#watchConnections(rule, publishing);
    }
    for (const scope of moved) {
      for (const key of scope.due.take(scope.complete ?? 0)) this.#touchKey(key);
    }
    this.#endDeserted(publishing);
    if (this.#outOfUse) this.#forgetScopes();
  }

  /** Ends the alerts of groups that no line will come for any more, since their connections were deleted. */
  #endDeserted(publishing: Publishing): void {
    const { connections, rules, store } = this.#options;
    if (!connections) return;
    for (const scope of this.#scopes.all()) {
      if (scope.reading || scope.due.isEmpty || !this.#scopes.isDeserted(scope, connections)) continue;
      for (const key of scope.due.keys()) {
        const [id, group] = partsOf(key);
        const compiled = rules.get(id);
        scope.due.delete(key);
        if (!compiled) continue;
        const pieces = new GroupStore(store, id, group);
        endAlerts({ rule: compiled.rule, compiled, group, pieces }, 'connection_deleted', publishing);
        this.#groups.of(id).delete(group);
      }
      this.#outOfUse = true;
    }
  }

  /** Watermarks are kept for what is watched, not for all there ever was. */
  #forgetScopes(): void {
    this.#outOfUse = false;
    const used = new Set<string>();
    for (const rule of this.#options.rules.values()) {
      if (rule.condition.type !== 'silence' || rule.rule.group_by !== 'connection')
        used.add(this.#scopes.of(rule, '').key);
      else for (const group of this.#groups.of(rule.rule.id)) used.add(this.#scopes.of(rule, group).key);
    }
    this.#scopes.forgetUnused(({ key }) => used.has(key));
  }

  /** Silence has no lines to begin with: each connection of the rule's project is a group from when it is first heard of. */
  #watchConnections(compiled: CompiledRule, publishing: Publishing): void {
    const { rule } = compiled;
    const groups = this.#groups.of(rule.id);
    const connections = this.#scopes
      .connectionsOf(rule.project_id)
      .filter(({ connection_id: id }) => compiled.mayMatchConnection(id));
    for (const { connection_id: id, reading } of connections) {
      if (reading && !groups.has(id)) this.#touched.touch(compiled, this.#groups.roomFor(rule, id));
    }
    const present = new Set(connections.map(({ connection_id: id }) => id));
    for (const group of groups) {
      if (present.has(group) || group === otherGroups || this.#options.connections?.get(group)) continue;
      const pieces = new GroupStore(this.#options.store, rule.id, group);
      endAlerts({ rule, compiled, group, pieces }, 'connection_deleted', publishing);
      this.#scopes.of(compiled, group).due.delete(`${rule.id}/${group}`);
      groups.delete(group);
      this.#outOfUse = true;
    }
  }

  #forget(id: string, reason: InvalidationReason, publishing: Publishing): void {
    const { store, compile } = this.#options;
    const rule = store.get(ruleKey(id))?.rule;
    if (!rule) return;
    const compiled = compile(rule);
    for (const group of this.#groups.of(id)) {
      endAlerts({ rule, compiled, group, pieces: new GroupStore(store, id, group) }, reason, publishing);
      if (compiled) this.#scopes.of(compiled, group).due.delete(`${id}/${group}`);
    }
    store.delete(ruleKey(id));
    this.#groups.delete(id);
    this.#outOfUse = true;
  }

  /** To be called when a rule that is remembered has become known: its groups are looked at. */
  revisit(rule: string): void {
    for (const group of this.#groups.of(rule)) this.#touchKey(`${rule}/${group}`);
  }

  #touchKey(key: string): void {
    const [id, group] = partsOf(key);
    const rule = this.#options.rules.get(id);
    if (rule) this.#touched.touch(rule, group);
  }
}

/** Rule and group of a key of a due queue. Ids of rules have no slash. */
function partsOf(key: string): readonly [rule: string, group: string] {
  const end = key.indexOf('/');
  return [key.slice(0, end), key.slice(end + 1)];
}
