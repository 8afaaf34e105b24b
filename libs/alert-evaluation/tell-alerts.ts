import { bucketOf } from '@tailrace/alert-rules/bucket.ts';
import type { CompiledRule } from '@tailrace/alert-rules/matching/compiled-rule.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import { snapshotOf } from './alert-snapshot.ts';
import { type AlertChange, bucketsOf } from './group-evaluation.ts';
import type { GroupPieces } from './group-pieces.ts';
import type { KnownConnections } from './known-connections.ts';

/** The group that an alert is of. */
export interface AlertedGroup {
  readonly rule: AlertRule;
  /** Undefined when the rule cannot be read any more. */
  readonly compiled: CompiledRule | undefined;
  readonly group: string;
  readonly pieces: GroupPieces;
  /** Those of which `pieces` has lines. */
  readonly minutes: readonly number[];
}

/** Why an alert is over, where its lines do not say so. */
export type Ending = 'rule_changed' | 'rule_disabled' | 'rule_deleted' | 'connection_deleted';

export interface Telling {
  readonly tell: (alert: Alert) => void;
  /** The wall clock, microseconds since the epoch. */
  readonly now: () => number;
  readonly connections?: KnownConnections | undefined;
}

/** Reports a change of an alert, with the lines it is about. */
export function tellChange(about: AlertedGroup, { event, alert }: AlertChange, telling: Telling): void {
  const { tell, now, connections } = telling;
  const { rule, compiled, group, pieces, minutes } = about;
  const { window, cooldown } = compiled ? bucketsOf(compiled) : { window: 1, cooldown: 1 };
  const lines = pieces.lines(minutes, alert.start - window + 1, alert.start + cooldown);
  const groupName = rule.group_by === 'connection' ? connections?.get(group)?.name : undefined;
  tell(snapshotOf({ rule, condition: compiled?.condition, group, groupName, alert, event, lines, now: now() }));
}

/** Reports that the open alerts of a group are over, for a reason that is not in its lines, and forgets the group. */
export function endAlerts(about: Omit<AlertedGroup, 'minutes'>, reason: Ending, telling: Telling): void {
  const { pieces } = about;
  const { alerts = [], segments: minutes = [] } = pieces.head ?? {};
  for (const open of alerts.filter(({ resolution }) => resolution === null)) {
    const alert = {
      ...open,
      sequence: open.sequence + 1,
      end: Math.max(open.start + 1, bucketOf(telling.now())),
      resolution: reason,
    };
    tellChange({ ...about, minutes }, { event: 'resolved', alert }, telling);
  }
  pieces.delete();
}
