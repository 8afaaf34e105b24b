import { databaseError } from '../connection/database-error.ts';
import type { Queryable } from '../connection/queryable.ts';

/**
 * What the sink has stored of each partition: the offset of the next record that it will write.
 * @throws TailraceError `postgres.unavailable`
 */
export async function sinkOffsets(
  database: Queryable,
): Promise<readonly { readonly topic: string; readonly partition: number; readonly offset: number }[]> {
  try {
    const { rows } = await database.query<{ topic: string; partition: number; next_offset: number }>(
      'select topic, partition, next_offset from sink_offsets where next_offset >= 0',
    );
    return rows.map(({ topic, partition, next_offset }) => ({ topic, partition, offset: next_offset }));
  } catch (error) {
    throw databaseError(error);
  }
}
