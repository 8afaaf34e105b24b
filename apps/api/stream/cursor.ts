import { invalidField } from '@tailrace/http/problem.ts';
import type { LogPosition } from '@tailrace/postgres/log-scan.ts';
import { type LogPage, positionOf } from '@tailrace/postgres/log-search.ts';
import { z } from 'zod';

const position = z.tuple([z.int().nonnegative(), z.string().regex(/^[0-9a-f]{32}$/)]);

/** A place in the stored logs as text that clients pass back and do not read. */
function encodeCursor({ timestamp, id }: LogPosition): string {
  return Buffer.from(JSON.stringify([timestamp, id])).toString('base64url');
}

/** @throws Problem 422 for text that is no cursor of ours. */
export function decodeCursor(field: string, cursor: string | undefined): LogPosition | undefined {
  if (cursor === undefined) return undefined;
  try {
    const [timestamp, id] = position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    return { timestamp, id };
  } catch {
    throw invalidField(field, 'is not a cursor of an earlier answer');
  }
}

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
