import { bucketMs, bucketOf } from '@tailrace/alert-rules/bucket.ts';
import type { CompiledRule } from '@tailrace/alert-rules/matching/compiled-rule.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import type { AlertLine } from '@tailrace/schemas/generated/alert-line.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { BucketCount } from '@tailrace/schemas/generated/bucket-count.ts';
import type { GroupCounts } from '@tailrace/schemas/generated/group-counts.ts';
import type { GroupState } from '@tailrace/schemas/generated/group-state.ts';
import type { PartitionProgress } from '@tailrace/schemas/generated/partition-progress.ts';
import { snapshotOf } from './alert-snapshot.ts';
import { type EvaluationStore, piece } from './evaluation-store.ts';
import { type AlertChange, bucketsOf, evaluateGroup, isUntold } from './group-evaluation.ts';
import { GroupPieces, groupOfKey } from './group-pieces.ts';
import { bucketsOfMinute } from './sample-lines.ts';
import { type Scope, Scopes } from './scopes.ts';

/** Why a rule's alerts end that did not end by themselves. */
export type Voiding = 'rule_changed' | 'rule_disabled' | 'rule_deleted';

export interface EvaluatorOptions {
  readonly store: EvaluationStore;
  /** The rules that are on and can be evaluated, of those that this evaluator is responsible for. */
  readonly rules: { get(id: string): CompiledRule | undefined; values(): Iterable<CompiledRule> };
  /** Reads a rule as it was remembered, to say what its alerts were about when it is no longer one of `rules`. */
  readonly compile: (rule: AlertRule) => CompiledRule | undefined;
  /** How much event time a line may be behind the watermark and still count, milliseconds. */
  readonly latenessMs: number;
  /** Groups of one rule that are told apart at a time; lines of more are counted together as `otherGroups`. */
  readonly maxGroups: number;
  /** The wall clock, microseconds since the epoch. */
  readonly now: () => number;
  readonly onLateLines?: (rule: AlertRule, lines: number) => void;
  readonly onOverflow?: (rule: AlertRule) => void;
}

/** The group that lines are counted in for which there is no room; a real group of this name shares it. */
export const otherGroups = '(other groups)';

/** A watermark that stands still lets the state grow by a day of event time at most. */
const longestStall = (24 * 60 * 60_000) / bucketMs;

interface Touched {
  readonly rule: CompiledRule;
  readonly group: string;
  readonly buckets: BucketCount[];
  readonly lines: AlertLine[];
}

/**
 * The second stage: adds up what the first one counted and says which alerts there are. Knows nothing of topics: it is
 * given counts and progress, and `settle` gives back what there is to tell. All it must remember is in the store.
 *
 * Which alerts there are in the end, and what they say, depends on the counts alone, not on their order, their parts or
 * how often `settle` is called; as long as no line is later than `latenessMs`.
 */
export class AlertEvaluator {
  readonly #options: EvaluatorOptions;
  readonly #scopes: Scopes;
  /** Groups that are told apart, by rule. */
  readonly #groups = new Map<string, Set<string>>();
  readonly #lateness: number;
  #touched = new Map<string, Touched>();
  #voided = new Map<string, Voiding>();
  #progressed = false;

  constructor(options: EvaluatorOptions) {
    this.#options = options;
    this.#lateness = Math.ceil(options.latenessMs / bucketMs);
    this.#scopes = new Scopes(options.store);
    for (const [key] of options.store.entries()) {
      const [rule, group] = groupOfKey(key) ?? [];
      if (rule !== undefined && group !== undefined) this.#groupsOf(rule).add(group);
    }
    // When each group is due is not stored: whoever takes over looks at all of them once.
    for (const rule of this.#groups.keys()) this.revisit(rule);
  }

  /** The rules that something is remembered of. */
  *rememberedRules(): Generator<AlertRule> {
    for (const [, { rule }] of this.#options.store.entries()) if (rule) yield rule;
  }

  /** A rule as it was when what is remembered of it was counted. */
  remembered(rule: string): AlertRule | undefined {
    return this.#options.store.get(ruleKey(rule))?.rule ?? undefined;
  }

  /** Takes what a rule counted. The rule must be one of `rules`, and of this revision. */
  count({ rule_id: id, group: counted, buckets, lines }: GroupCounts): void {
    const rule = this.#options.rules.get(id);
    if (!rule) throw new Error(`${id} is no rule of this evaluator`);
    const remembered = this.remembered(id);
    if (remembered && remembered.revision !== rule.rule.revision) this.void(id, 'rule_changed');
    const group = this.#roomFor(rule, counted);
    const touched = this.#touch(rule, group);
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
  void(rule: string, reason: Voiding): void {
    this.#voided.set(rule, reason);
  }

  /** Whether `settle` has anything to do. */
  get isIdle(): boolean {
    return this.#touched.size === 0 && this.#voided.size === 0 && !this.#progressed;
  }

  /** Draws the conclusions of everything taken since the last call, and tells them in order. */
  settle(tell: (alert: Alert) => void): void {
    for (const [rule, reason] of this.#voided) this.#forget(rule, reason, tell);
    this.#voided = new Map();
    if (this.#progressed) this.#advance(tell);
    this.#progressed = false;
    const touched = this.#touched;
    this.#touched = new Map();
    for (const each of touched.values()) this.#evaluate(each, tell);
  }

  #advance(tell: (alert: Alert) => void): void {
    const moved = this.#scopes.advance();
    if (!this.#scopes.known) return;
    for (const rule of this.#options.rules.values()) {
      if (rule.condition.type === 'silence' && rule.rule.group_by === 'connection') this.#watchConnections(rule, tell);
    }
    for (const scope of moved) {
      for (const key of scope.due.take(scope.complete ?? 0)) this.#touchKey(key);
    }
  }

  /** Silence has no lines to begin with: each connection of the rule's project is a group from when it is first heard of. */
  #watchConnections(rule: CompiledRule, tell: (alert: Alert) => void): void {
    const connections = this.#scopes
      .connectionsOf(rule.rule.project_id)
      .filter(({ connection_id: id }) => rule.filter.connections?.includes(id) ?? true);
    for (const { connection_id: id, reading } of connections) {
      if (reading && !this.#groupsOf(rule.rule.id).has(id)) this.#touch(rule, this.#roomFor(rule, id));
    }
    const present = new Set(connections.map(({ connection_id: id }) => id));
    for (const group of this.#groupsOf(rule.rule.id)) {
      if (present.has(group) || group === otherGroups) continue;
      this.#end({ rule: rule.rule, compiled: rule, group }, 'condition_ended', tell);
      this.#groupsOf(rule.rule.id).delete(group);
    }
  }

  #evaluate({ rule: touchedBy, group, buckets, lines }: Touched, tell: (alert: Alert) => void): void {
    const { rules, store, now, onLateLines } = this.#options;
    const rule = rules.get(touchedBy.rule.id);
    // Turned off or changed since it was touched.
    if (rule?.rule.revision !== touchedBy.rule.revision) return;
    const scope = this.#scopes.of(rule, group);
    const pieces = new GroupPieces(store, rule.rule.id, group);
    const before = pieces.head;
    const newest = Math.max(before?.newest ?? 0, ...buckets.map(({ bucket }) => bucket));
    const complete = this.#completeBy(scope, newest);
    const silent = rule.condition.type === 'silence';
    const accepted = Math.max(silent ? 0 : (before?.first ?? 0), complete - this.#lateness);
    const inTime = buckets.filter(({ bucket }) => bucket >= accepted);
    const late = buckets.reduce((sum, { bucket, count }) => (bucket < accepted ? sum + count : sum), 0);
    if (late > 0) onLateLines?.(rule.rule, late);
    const first =
      before?.first ?? scope.complete ?? Math.min(...inTime.map(({ bucket }) => bucket), complete + this.#lateness);
    const state: GroupState = {
      first: silent ? first : accepted,
      newest,
      scan_from: before?.scan_from ?? (silent ? first : accepted),
      before: before?.before ?? null,
      ordinal: before?.ordinal ?? 0,
      segments: pieces.add(before?.segments ?? [], inTime, lines),
      alerts: before?.alerts ?? [],
    };
    const counts = pieces.counts(state.segments);
    const input = { rule, group, state, counts, complete, watermark: scope.complete, accepted, now: now() };
    const { changes, alerts, scanFrom, before: held, ordinal, endsBy } = evaluateGroup(input);
    for (const change of changes)
      this.#tell({ rule: rule.rule, compiled: rule, group, pieces, minutes: state.segments }, change, tell);

    const { window } = bucketsOf(rule);
    const needed = Math.min(accepted, alerts[0]?.start ?? accepted) - window + 1;
    // Silence is counted from the last line that is so old that none before it matters.
    const anchor = silent
      ? Math.max(state.first, ...counts.map(({ bucket }) => (bucket <= needed ? bucket : 0)))
      : needed;
    const segments = pieces.forget(state.segments, anchor);
    const next = {
      ...state,
      first: silent ? anchor : state.first,
      scan_from: scanFrom,
      before: held,
      ordinal,
      alerts,
      segments,
    };
    this.#keep({ rule, group, pieces, scope }, before, next, Math.min(endsBy, this.#dueOf(rule, next)));
  }

  /** Stores a group's head, or forgets a group of which nothing is left. */
  #keep({ rule, group, pieces, scope }: Kept, before: GroupState | undefined, next: GroupState, due: number): void {
    const { id, version } = rule.rule;
    const key = `${id}/${group}`;
    const silent = rule.condition.type === 'silence';
    if (!silent && next.alerts.length === 0 && next.segments.length === 0) {
      if (before) pieces.delete();
      this.#groupsOf(id).delete(group);
      scope.due.delete(key);
      return;
    }
    if (!before || !isSame(before, next)) pieces.head = next;
    const { store } = this.#options;
    if (store.get(ruleKey(id))?.rule?.version !== version) store.set(ruleKey(id), piece({ rule: rule.rule }));
    this.#groupsOf(id).add(group);
    scope.due.set(key, due);
  }

  /** The bucket up to which its scope must be complete for something to happen to a group that gets no lines. */
  #dueOf(rule: CompiledRule, { first, newest, alerts, segments }: GroupState): number {
    const { window, cooldown } = bucketsOf(rule);
    const silent = rule.condition.type === 'silence';
    const times = alerts.map((alert) => {
      if (isUntold(alert)) return alert.told_at + 1;
      return alert.resolution === null && silent ? alert.start + cooldown + 1 : alert.start + cooldown + this.#lateness;
    });
    if (silent) times.push(Math.max(newest, first) + window + 1);
    const [oldest] = segments;
    if (oldest !== undefined) times.push((oldest + 1) * bucketsOfMinute + this.#lateness + window);
    return Math.min(...times);
  }

  /**
   * The first bucket that is not complete: by the watermark; where nobody reads, by the newest line, so that what is
   * remembered stays bounded; and never more than a day behind that.
   */
  #completeBy({ complete, reading }: Scope, newest: number): number {
    const slack = reading ? longestStall : this.#lateness;
    return Math.max(complete ?? 0, newest - slack);
  }

  #tell(about: Told, { event, alert }: AlertChange, tell: (alert: Alert) => void): void {
    const { rule, compiled, group, pieces, minutes } = about;
    const { window, cooldown } = compiled ? bucketsOf(compiled) : { window: 1, cooldown: 1 };
    const lines = pieces.lines(minutes, alert.start - window + 1, alert.start + cooldown);
    const now = this.#options.now();
    tell(snapshotOf({ rule, condition: compiled?.condition, group, alert, event, lines, now }));
  }

  #forget(id: string, reason: Voiding, tell: (alert: Alert) => void): void {
    const { store, compile } = this.#options;
    const rule = store.get(ruleKey(id))?.rule;
    if (!rule) return;
    const compiled = compile(rule);
    for (const group of this.#groupsOf(id)) {
      this.#end({ rule, compiled, group }, reason, tell);
      if (compiled) this.#scopes.of(compiled, group).due.delete(`${id}/${group}`);
    }
    store.delete(ruleKey(id));
    this.#groups.delete(id);
  }

  /** Ends the alerts of a group that are open, and forgets the group. */
  #end(
    { rule, compiled, group }: Omit<Told, 'pieces' | 'minutes'>,
    reason: string,
    tell: (alert: Alert) => void,
  ): void {
    const { store, now } = this.#options;
    const pieces = new GroupPieces(store, rule.id, group);
    const { alerts = [], segments: minutes = [] } = pieces.head ?? {};
    for (const open of alerts.filter(({ resolution }) => resolution === null)) {
      const alert = {
        ...open,
        sequence: open.sequence + 1,
        end: Math.max(open.start, bucketOf(now())),
        resolution: reason,
      };
      this.#tell({ rule, compiled, group, pieces, minutes }, { event: 'resolved', alert }, tell);
    }
    pieces.delete();
  }

  /** The group itself, or the others' when the rule has as many groups as it may. */
  #roomFor({ rule }: CompiledRule, group: string): string {
    const groups = this.#groupsOf(rule.id);
    if (groups.has(group) || groups.size < this.#options.maxGroups) {
      groups.add(group);
      return group;
    }
    this.#options.onOverflow?.(rule);
    groups.add(otherGroups);
    return otherGroups;
  }

  #groupsOf(rule: string): Set<string> {
    const groups = this.#groups.get(rule) ?? new Set();
    this.#groups.set(rule, groups);
    return groups;
  }

  #touch(rule: CompiledRule, group: string): Touched {
    const key = `${rule.rule.id}/${group}`;
    let touched = this.#touched.get(key);
    if (!touched || touched.rule.rule.revision !== rule.rule.revision) {
      touched = { rule, group, buckets: [], lines: [] };
      this.#touched.set(key, touched);
    }
    return touched;
  }

  #touchKey(key: string): void {
    const end = key.indexOf('/');
    const rule = this.#options.rules.get(key.slice(0, end));
    if (rule) this.#touch(rule, key.slice(end + 1));
  }

  /** To be called when a rule that is remembered has become known: its groups are looked at. */
  revisit(rule: string): void {
    for (const group of this.#groupsOf(rule)) this.#touchKey(`${rule}/${group}`);
  }
}

interface Kept {
  readonly rule: CompiledRule;
  readonly group: string;
  readonly pieces: GroupPieces;
  readonly scope: Scope;
}

interface Told {
  readonly rule: AlertRule;
  /** Undefined when the rule cannot be read any more. */
  readonly compiled: CompiledRule | undefined;
  readonly group: string;
  readonly pieces: GroupPieces;
  readonly minutes: readonly number[];
}

function ruleKey(id: string): string {
  return `rule/${id}`;
}

function isSame(one: GroupState, other: GroupState): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
