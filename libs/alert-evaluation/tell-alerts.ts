import { bucketOf } from '@tailrace/alert-rules/bucket.ts';
import type { CompiledRule } from '@tailrace/alert-rules/matching/compiled-rule.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import { snapshotOf } from './alert-snapshot.ts';
import { type AlertChange, bucketsOf } from './group-evaluation.ts';
import type { GroupPieces } from './group-pieces.ts';

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

export interface Telling {
  readonly tell: (alert: Alert) => void;
  /** The wall clock, microseconds since the epoch. */
  readonly now: () => number;
}

/** Tells a change of an alert, with the lines it is about. */
export function tellChange(about: AlertedGroup, { event, alert }: AlertChange, { tell, now }: Telling): void {
  const { rule, compiled, group, pieces, minutes } = about;
  const { window, cooldown } = compiled ? bucketsOf(compiled) : { window: 1, cooldown: 1 };
  const lines = pieces.lines(minutes, alert.start - window + 1, alert.start + cooldown);
  tell(snapshotOf({ rule, condition: compiled?.condition, group, alert, event, lines, now: now() }));
}

/** Tells that the alerts of a group that are open are over, for a reason that is not in its lines, and forgets the group. */
export function endAlerts(about: Omit<AlertedGroup, 'minutes'>, reason: string, telling: Telling): void {
  const { pieces } = about;
  const { alerts = [], segments: minutes = [] } = pieces.head ?? {};
  for (const open of alerts.filter(({ resolution }) => resolution === null)) {
    const alert = {
      ...open,
      sequence: open.sequence + 1,
      end: Math.max(open.start, bucketOf(telling.now())),
      resolution: reason,
    };
    tellChange({ ...about, minutes }, { event: 'resolved', alert }, telling);
  }
  pieces.delete();
}
