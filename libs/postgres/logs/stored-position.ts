import { encodeCursor } from '@tailrace/log-query/live-cursor.ts';
import { databaseError } from '../connection/database-error.ts';
import type { Queryable } from '../connection/queryable.ts';

/**
 * How far the sink has written a topic, as a cursor of its live stream: a search for lines after this finds all that
 * stand before it. Undefined before the sink has begun.
 * @throws TailraceError `postgres.unavailable`
 */
export async function storedPosition(pool: Queryable, topic: string): Promise<string | undefined> {
  try {
    const { rows } = await pool.query<{ partition: number; topic_id: string; next_offset: number }>(
      'select partition, topic_id, next_offset from sink_offsets where topic = $1',
      [topic],
    );
    const [first] = rows;
    if (first === undefined) return undefined;
    const partitions = Math.max(...rows.map(({ partition }) => partition)) + 1;
    const position = new Array<number>(partitions).fill(0);
    // Below 0: nothing of this partition has been written yet.
    for (const { partition, next_offset: next } of rows) position[partition] = Math.max(0, next);
    return encodeCursor({ id: first.topic_id, partitions }, position);
  } catch (error) {
    throw databaseError(error);
  }
}
