import { bucketMs, bucketOf } from '@tailrace/alert-rules/bucket.ts';
import type { CompiledRule } from '@tailrace/alert-rules/matching/compiled-rule.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { BucketCount } from '@tailrace/schemas/generated/bucket-count.ts';
import type { GroupState } from '@tailrace/schemas/generated/group-state.ts';
import { type EvaluationStore, piece, ruleKey } from './evaluation-store.ts';
import { bucketsOf, evaluateGroup, type GroupEvaluation, isUntold } from './group-evaluation.ts';
import { GroupStore } from './group-store.ts';
import type { KnownConnections } from './known-connections.ts';
import { type Publishing, publishChange } from './publish-alerts.ts';
import type { RuleGroups } from './rule-groups.ts';
import { bucketsOfMinute } from './sample-lines.ts';
import type { Scope, Scopes } from './scopes.ts';
import type { TouchedGroup } from './touched-groups.ts';

export interface GroupEvaluatorOptions {
  readonly store: EvaluationStore;
  readonly scopes: Scopes;
  readonly groups: RuleGroups;
  /** How much event time a line may be behind the watermark and still count, milliseconds. */
  readonly latenessMs: number;
  readonly onLateLines?: ((rule: AlertRule, lines: number) => void) | undefined;
  readonly connections?: KnownConnections | undefined;
}

/** A watermark that stands still lets the state grow by a day of event time at most. */
const longestStall = (24 * 60 * 60_000) / bucketMs;

interface Kept {
  readonly rule: CompiledRule;
  readonly group: string;
  readonly pieces: GroupStore;
  readonly scope: Scope;
}

/** Evaluates one group by what is remembered of it and what came, and remembers no more than can still matter. */
export class GroupEvaluator {
  readonly #options: GroupEvaluatorOptions;
  readonly #lateness: number;

  constructor(options: GroupEvaluatorOptions) {
    this.#options = options;
    this.#lateness = Math.ceil(options.latenessMs / bucketMs);
  }

  /** @param rule as it is now; the group was touched by the same revision. */
  evaluate(rule: CompiledRule, { group, buckets, lines }: Omit<TouchedGroup, 'rule'>, publishing: Publishing): void {
    const { scopes, store, onLateLines } = this.#options;
    const scope = scopes.of(rule, group);
    const pieces = new GroupStore(store, rule.rule.id, group);
    const before = pieces.head;
    // Not all as arguments of one call: who has much to catch up on has more buckets than a call takes.
    const newest = buckets.reduce((most, { bucket }) => Math.max(most, bucket), before?.newest ?? 0);
    const complete = this.#completeBy(scope, newest);
    const silent = rule.condition.type === 'silence';
    const accepted = Math.max(silent ? 0 : (before?.first ?? 0), complete - this.#lateness);
    const inTime = buckets.filter(({ bucket }) => bucket >= accepted);
    const late = buckets.reduce((sum, { bucket, count }) => (bucket < accepted ? sum + count : sum), 0);
    if (late > 0) onLateLines?.(rule.rule, late);
    const first =
      before?.first ??
      this.#firstComplete(rule, group, scope) ??
      inTime.reduce((least, { bucket }) => Math.min(least, bucket), complete + this.#lateness);
    const state: GroupState = {
      first: silent ? first : accepted,
      newest,
      scan_from: before?.scan_from ?? (silent ? first : accepted),
      before: before?.before ?? null,
      ordinal: before?.ordinal ?? 0,
      segments: pieces.add(before?.segments ?? [], inTime, lines),
      alerts: before?.alerts ?? [],
    };
    const input = { rule, group, state, complete, watermark: scope.complete, accepted, now: publishing.now() };
    const goesOn = silent && before !== undefined && isUnbroken(before, inTime, complete, bucketsOf(rule).window);
    const evaluation = goesOn ? nothingNew(state) : evaluateGroup({ ...input, counts: pieces.counts(state.segments) });
    const { changes, alerts, scanFrom, before: held, ordinal, endsBy } = evaluation;
    const about = { rule: rule.rule, compiled: rule, group, pieces, minutes: state.segments };
    for (const change of changes) publishChange(about, change, publishing);

    const { window } = bucketsOf(rule);
    // What goes on from an alert that is forgotten must be seen to go on from there.
    const unbrokenFrom = held === null ? accepted : scanFrom;
    const needed = Math.min(accepted, unbrokenFrom, alerts[0]?.start ?? accepted) - window + 1;
    // Silence is counted from the last line that is so old that none before it matters.
    const anchor = silent ? Math.max(state.first, pieces.lastUpTo(state.segments, needed) ?? 0) : needed;
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

  /** From where on a new group is looked at: for silence, not before its connection was there. */
  #firstComplete({ condition }: CompiledRule, group: string, { complete }: Scope): number | undefined {
    if (complete === undefined || condition.type !== 'silence') return complete;
    const createdAt = this.#options.connections?.get(group)?.created_at;
    return createdAt === undefined ? complete : Math.max(complete, bucketOf(createdAt));
  }

  /** Stores a group's head, or forgets a group of which nothing is left. */
  #keep({ rule, group, pieces, scope }: Kept, before: GroupState | undefined, next: GroupState, due: number): void {
    const { store, groups } = this.#options;
    const { id, version } = rule.rule;
    const key = `${id}/${group}`;
    const silent = rule.condition.type === 'silence';
    if (!silent && next.alerts.length === 0 && next.segments.length === 0) {
      if (before) pieces.delete();
      groups.of(id).delete(group);
      scope.due.delete(key);
      return;
    }
    if (!before || !isSame(before, next)) pieces.head = next;
    if (store.get(ruleKey(id))?.rule?.version !== version) store.set(ruleKey(id), piece({ rule: rule.rule }));
    groups.of(id).add(group);
    scope.due.set(key, due);
  }

  /** The bucket up to which its scope must be complete for something to happen to a group that gets no lines. */
  #dueOf(rule: CompiledRule, { first, newest, alerts, segments }: GroupState): number {
    const { window, cooldown } = bucketsOf(rule);
    const silent = rule.condition.type === 'silence';
    const times = alerts.map((alert) => {
      if (isUntold(alert)) return alert.told_at + 1;
      if (alert.resolution === null && silent) return alert.start + cooldown + 1;
      return Math.max(alert.start + cooldown, alert.end ?? 0) + this.#lateness;
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
}

/**
 * Whether a group that had no silence has none now either, by the lines that came alone: the usual case of a source that
 * talks, which need not be looked at over the whole time in which late lines count.
 */
function isUnbroken(before: GroupState, fresh: readonly BucketCount[], complete: number, window: number): boolean {
  if (before.alerts.length > 0 || before.before !== null) return false;
  let last = Math.max(before.newest, before.first);
  for (const bucket of fresh.map((each) => each.bucket).sort((one, other) => one - other)) {
    if (bucket > last + window) return false;
    last = Math.max(last, bucket);
  }
  return complete <= last + window;
}

function nothingNew({ scan_from: scanFrom, ordinal }: GroupState): GroupEvaluation {
  return { changes: [], alerts: [], scanFrom, before: null, ordinal, endsBy: Number.POSITIVE_INFINITY };
}

function isSame(one: GroupState, other: GroupState): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
