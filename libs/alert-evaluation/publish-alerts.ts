import { bucketOf } from '@tailrace/alert-rules/bucket.ts';
import type { CompiledRule } from '@tailrace/alert-rules/matching/compiled-rule.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import { snapshotOf } from './alert-snapshot.ts';
import { type AlertChange, bucketsOf } from './group-evaluation.ts';
import type { GroupStore } from './group-store.ts';
import type { KnownConnections } from './known-connections.ts';

/** The group that an alert is of. */
export interface AlertedGroup {
  readonly rule: AlertRule;
  /** Undefined when the rule cannot be read any more. */
  readonly compiled: CompiledRule | undefined;
  readonly group: string;
  readonly pieces: GroupStore;
  /** Those of which `pieces` has lines. */
  readonly minutes: readonly number[];
}

/** Why an alert is over, where its lines do not say so. */
export type Ending = 'rule_changed' | 'rule_disabled' | 'rule_deleted' | 'connection_deleted';

export interface Publishing {
  readonly publish: (alert: Alert) => void;
  /** The wall clock, microseconds since the epoch. */
  readonly now: () => number;
  readonly connections?: KnownConnections | undefined;
}

/** Reports a change of an alert, with the lines it is about. */
export function publishChange(about: AlertedGroup, { event, alert }: AlertChange, publishing: Publishing): void {
  const { publish, now, connections } = publishing;
  const { rule, compiled, group, pieces, minutes } = about;
  const { window, cooldown } = compiled ? bucketsOf(compiled) : { window: 1, cooldown: 1 };
  const lines = pieces.lines(minutes, alert.start - window + 1, alert.start + cooldown);
  const groupName = rule.group_by === 'connection' ? connections?.get(group)?.name : undefined;
  publish(snapshotOf({ rule, condition: compiled?.condition, group, groupName, alert, event, lines, now: now() }));
}

/** Reports that the open alerts of a group are over, for a reason that is not in its lines, and forgets the group. */
export function endAlerts(about: Omit<AlertedGroup, 'minutes'>, reason: Ending, publishing: Publishing): void {
  const { pieces } = about;
  const { alerts = [], segments: minutes = [] } = pieces.head ?? {};
  for (const open of alerts.filter(({ resolution }) => resolution === null)) {
    const alert = {
      ...open,
      sequence: open.sequence + 1,
      end: Math.max(open.start + 1, bucketOf(publishing.now())),
      resolution: reason,
    };
    publishChange({ ...about, minutes }, { event: 'resolved', alert }, publishing);
  }
  pieces.delete();
}
