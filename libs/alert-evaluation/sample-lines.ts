import { bucketOf } from '@tailrace/alert-rules/bucket.ts';

/** What says where a line stands among others: event time, then id. */
interface Ordered {
  readonly timestamp: number;
  readonly id: string;
}

/** Lines that an alert shows. */
export const maxAlertLines = 10;
export const bucketsOfMinute = 6;

export function minuteOf(bucket: number): number {
  return Math.floor(bucket / bucketsOfMinute);
}

export function compareLines(one: Ordered, other: Ordered): number {
  return one.timestamp - other.timestamp || (one.id < other.id ? -1 : Number(one.id > other.id));
}

/**
 * The lines of one minute that are kept: its first ten, and the first of each bucket, so that every alert has a line of
 * its own. Which these are depends on the lines alone, whatever the order and the parts they come in.
 *
 * @param lines of the minute, in any order; one may be there twice.
 * @returns them in order.
 */
export function sampleOf<Line extends Ordered>(lines: readonly Line[]): Line[] {
  const kept: Line[] = [];
  let last: Line | undefined;
  for (const line of lines.toSorted(compareLines)) {
    if (last && compareLines(last, line) === 0) continue;
    const opens = last === undefined || bucketOf(last.timestamp) !== bucketOf(line.timestamp);
    if (kept.length < maxAlertLines || opens) kept.push(line);
    last = line;
  }
  return kept;
}
