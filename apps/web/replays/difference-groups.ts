import type { ReplayDifferences } from '@tailrace/http/contract/generated.ts';

type Example = ReplayDifferences['examples'][number];

/** Examples that differ in the same way. */
export interface DifferenceGroup {
  /** Names of the fields that differ, in order. */
  readonly fields: readonly string[];
  /** How many of the kept examples are like this one. */
  readonly count: number;
  /** The first of them. */
  readonly example: Example;
  /** Of all of them. */
  readonly connectionIds: readonly string[];
}

/**
 * Puts examples together that differ in the same fields, in the same way and by the same change of parser: one change of
 * a parser alters every line it reads alike, and one of them shows it. The largest group comes first.
 */
export function differenceGroups(examples: readonly Example[]): readonly DifferenceGroup[] {
  const groups = new Map<string, [Example, ...Example[]]>();
  for (const example of examples) {
    const { kinds, old, new: now } = example;
    const likeness = JSON.stringify([
      [...kinds].sort(),
      changedFields(example),
      old.parser ?? null,
      now.parser ?? null,
    ]);
    const alike = groups.get(likeness);
    if (alike) alike.push(example);
    else groups.set(likeness, [example]);
  }
  return [...groups.values()]
    .map((alike) => ({
      fields: changedFields(alike[0]),
      count: alike.length,
      example: alike[0],
      connectionIds: [...new Set(alike.map(({ connection_id }) => connection_id))],
    }))
    .sort((a, b) => b.count - a.count);
}

function changedFields({ old, new: now }: Pick<Example, 'old' | 'new'>): readonly string[] {
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
}
