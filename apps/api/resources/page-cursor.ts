import { invalidField } from '@tailrace/http/problem.ts';
import { z } from 'zod';

/** A place in a list that is ordered by time and id. */
export interface PagePosition {
  /** Microseconds since the epoch. */
  readonly timestamp: number;
  readonly id: string;
}

/** A place as text that clients pass back and do not read. */
export function encodeCursor({ timestamp, id }: PagePosition): string {
  return Buffer.from(JSON.stringify([timestamp, id])).toString('base64url');
}

/**
 * @param ids what the ids of this list look like.
 * @throws Problem 422 for text that is no cursor of ours.
 */
export function decodeCursor(field: string, cursor: string | undefined, ids: RegExp): PagePosition | undefined {
  if (cursor === undefined) return undefined;
  try {
    const position = z.tuple([z.int().nonnegative(), z.string().regex(ids)]);
    const [timestamp, id] = position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    return { timestamp, id };
  } catch {
    throw invalidField(field, 'is not a cursor of an earlier answer');
  }
}
