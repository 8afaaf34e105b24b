import { TailraceError } from '@tailrace/errors/tailrace-error.ts';

/** Where a viewer stands in the live stream: the next offset of each partition of `logs`, by partition. */
export type Position = readonly number[];

/** The live stream that cursors belong to: the topic's UUID and its number of partitions. */
export interface LogIdentity {
  readonly id: string;
  readonly partitions: number;
}

export class CursorError extends TailraceError {
  constructor(message: string) {
    super(message, {
      code: 'cursor.invalid',
      remedy: 'give-up',
      help: 'Use a cursor that this server sent, a time, or a duration such as -15m.',
    });
  }
}

const version = '1';
const radix = 36;

/** A position as the opaque text that frames carry. */
export function encodeCursor(log: LogIdentity, position: Position): string {
  return [version, tag(log), ...position.map((offset) => offset.toString(radix))].join('.');
}

/**
 * Reads a cursor back. Partitions that were added since it was made are read from their beginning.
 * @throws CursorError when it is no cursor, or one of a topic that was deleted and made again.
 */
export function decodeCursor(log: LogIdentity, cursor: string): Position {
  const [first, of, ...offsets] = cursor.slice(0, 10_000).split('.');
  if (first !== version || of === undefined) throw new CursorError('this is not a cursor');
  if (of !== tag(log)) throw new CursorError('this cursor belongs to a log that no longer exists');
  if (offsets.length > log.partitions) throw new CursorError('this cursor has more partitions than the log');
  const position = offsetsOf(offsets);
  if (!position.every(Number.isSafeInteger)) throw new CursorError('this is not a cursor');
  return [...position, ...new Array<number>(log.partitions - position.length).fill(0)];
}

/**
 * How many records of all projects lie from one cursor to another, in the partitions where the other is further on.
 * @returns undefined for what are no cursors of one log.
 */
export function recordsBetween(from: string, to: string): number | undefined {
  const [start, end] = [from.split('.'), to.split('.')];
  if (start[0] !== version || end[0] !== version || start[1] !== end[1]) return undefined;
  const [left, right] = [offsetsOf(start.slice(2)), offsetsOf(end.slice(2))];
  const records = right.reduce((sum, offset, partition) => sum + Math.max(0, offset - (left[partition] ?? 0)), 0);
  return Number.isNaN(records) ? undefined : records;
}

function offsetsOf(parts: readonly string[]): readonly number[] {
  return parts.map((text) => (/^[0-9a-z]{1,11}$/.test(text) ? Number.parseInt(text, radix) : Number.NaN));
}

/** Enough of the topic's UUID to tell two logs apart. */
function tag({ id }: LogIdentity): string {
  return id.replaceAll(/[^A-Za-z0-9]/g, '').slice(0, 8);
}
