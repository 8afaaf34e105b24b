import type { LogPosition } from '@tailrace/postgres/logs/log-scan.ts';
import { type LogPage, positionOf } from '@tailrace/postgres/logs/log-search.ts';
import { encodeCursor } from '../resources/page-cursor.ts';

/** What ids of log records look like. */
export const logIds = /^[0-9a-f]{32}$/;

/** Where the pages beside this one begin; null where there can be none. */
export function neighbours(
  direction: 'older' | 'newer',
  start: LogPosition | undefined,
  { records, end, isLast }: LogPage,
): { readonly older: string | null; readonly newer: string | null } {
  const [first, last] = [records[0], records.at(-1)];
  const nearEnd = first === undefined ? start : positionOf(first);
  const near = nearEnd === undefined ? null : encodeCursor(nearEnd);
  if (direction === 'older') return { older: isLast ? null : encodeCursor(end), newer: near };
  // There is always something newer to come, so the end of the range is not where the next page begins.
  const lastSeen = last === undefined ? start : positionOf(last);
  return { older: near, newer: encodeCursor(isLast ? (lastSeen ?? end) : end) };
}
