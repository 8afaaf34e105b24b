import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { CursorError, decodeCursor, type LogIdentity, type Position } from '@tailrace/log-query/live-cursor.ts';
import { topics } from '@tailrace/topics/topics.ts';

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/**
 * The position that a client's `from` means: a cursor, `-15m` (s, m, h, d), or an RFC 3339 time; both times are those
 * of arrival in `logs`.
 * @throws CursorError for anything else, for a time in the future, and for a cursor beyond the end of the log.
 */
export async function startPosition(kafka: Kafka, log: LogIdentity, from: string, now: number): Promise<Position> {
  const time = timeOf(from, now);
  if (time !== undefined) {
    if (time > now) throw new CursorError('this time is in the future');
    return kafka.admin.offsets(topics.logs.name, { timestampMs: time });
  }
  return cursorPosition(kafka, log, from);
}

/**
 * The position that a cursor means. It may be further on than this process has read.
 * @throws CursorError for what is no cursor of this log, and for one beyond its end.
 */
export async function cursorPosition(kafka: Kafka, log: LogIdentity, cursor: string): Promise<Position> {
  const position = decodeCursor(log, cursor);
  const latest = await kafka.admin.offsets(topics.logs.name, 'last_stable');
  if (position.some((offset, partition) => offset > (latest[partition] ?? 0))) {
    throw new CursorError('this cursor is beyond the end of the log');
  }
  return position;
}

function timeOf(from: string, now: number): number | undefined {
  const back = /^-(\d{1,6})([smhd])$/.exec(from);
  if (back) return Math.max(0, now - Number(back[1]) * (unitMs[back[2] ?? ''] ?? 0));
  if (!rfc3339.test(from)) return undefined;
  const time = Date.parse(from);
  if (Number.isNaN(time)) throw new CursorError('this is not a time');
  // Negative times have other meanings to Kafka, the end of the log among them.
  return Math.max(0, time);
}
