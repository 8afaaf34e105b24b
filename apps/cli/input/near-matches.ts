import { visible } from '../output/terminal.ts';

/** At most so many are named. */
const mostNamed = 3;

/**
 * `Did you mean a or b? ` of the names that are likely meant: those that hold the text, or differ in few letters. Empty when
 * none does. It ends with a space, so that more can follow.
 */
export function didYouMean(text: string, names: Iterable<string>): string {
  const wanted = text.toLowerCase();
  const near = [...new Set(names)]
    .map((name) => ({ name, distance: distanceOf(wanted, name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(2, text.length / 4) || holds(name, wanted))
    .sort((one, other) => one.distance - other.distance)
    .slice(0, mostNamed)
    .map(({ name }) => visible(name));
  return near.length === 0 ? '' : `Did you mean ${near.join(' or ')}? `;
}

function holds(name: string, wanted: string): boolean {
  return wanted.length >= 3 && name.toLowerCase().includes(wanted);
}

/** Letters to insert, delete or replace: https://en.wikipedia.org/wiki/Levenshtein_distance */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let at = 1; at <= one.length; at += 1) {
    const next = [at];
    for (let to = 1; to <= other.length; to += 1) {
      const replaced = row[to - 1]! + (one[at - 1] === other[to - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[to]! + 1, next[to - 1]! + 1));
    }
    row = next;
  }
  return row[other.length]!;
}
