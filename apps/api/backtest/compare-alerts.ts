import type { Alert } from '@tailrace/schemas/generated/alert.ts';

/** Ids of alerts. */
export interface AlertComparison {
  readonly both: { first: string; second: string }[];
  readonly only_first: string[];
  readonly only_second: string[];
}

/**
 * Which alerts of two versions of a rule are about the same: of the same group, and overlapping in time. Each is paired
 * with one of the other at most, the earliest that is free.
 * @param firsts and `seconds` in order of their start.
 */
export function compareAlerts(firsts: readonly Alert[], seconds: readonly Alert[]): AlertComparison {
  const free = Map.groupBy(seconds, ({ group }) => group);
  const both: AlertComparison['both'] = [];
  const paired = new Set<string>();
  for (const first of firsts) {
    const candidates = free.get(first.group) ?? [];
    const index = candidates.findIndex((second) => overlap(first, second));
    const second = candidates[index];
    if (!second) continue;
    candidates.splice(index, 1);
    both.push({ first: first.id, second: second.id });
    paired.add(first.id).add(second.id);
  }
  const rest = (alerts: readonly Alert[]) => alerts.flatMap(({ id }) => (paired.has(id) ? [] : [id]));
  return { both, only_first: rest(firsts), only_second: rest(seconds) };
}

function overlap(one: Alert, other: Alert): boolean {
  return one.started_at <= endOf(other) && other.started_at <= endOf(one);
}

function endOf({ resolved_at: resolved }: Alert): number {
  return resolved ?? Number.POSITIVE_INFINITY;
}
