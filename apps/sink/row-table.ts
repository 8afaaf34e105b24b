import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import type pg from 'pg';

/** A table of PostgreSQL and the topics whose records become its rows. */
export interface RowTable<Value> {
  /** All of one codec. A record without a value is passed over. */
  readonly topics: readonly [TopicSpec<Value>, ...TopicSpec<Value>[]];
  /** What the rows need before they can be written. Runs outside of the transaction, so it must be safe to repeat. */
  readonly prepare?: (client: pg.ClientBase, values: readonly Value[]) => Promise<void>;
  /**
   * Writes rows in the transaction that is open on the client. The values are consecutive records of one partition, some
   * of which may have been written before: writing one again must change nothing.
   */
  readonly upsert: (client: pg.ClientBase, values: readonly Value[]) => Promise<unknown>;
}
