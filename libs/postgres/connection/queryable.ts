import type pg from 'pg';
import { isAnswer } from './database-error.ts';
import { inTransaction, type TransactionLimits } from './transaction.ts';

/** What runs single statements: a pool as it is, or one whose statements are bounded. */
export interface Queryable {
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<pg.QueryResult<Row>>;
}

/**
 * Statements on a pool, each in a transaction that holds its limits. As start-up parameters of the connection they would
 * save a round trip, but PgBouncer refuses those (https://www.pgbouncer.org/config.html#ignore_startup_parameters), and
 * as settings of a session they would end up with somebody else's.
 */
export function boundedQueries(pool: pg.Pool, limits: TransactionLimits): Queryable {
  return {
    async query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []) {
      const client = await pool.connect();
      let isUsable = true;
      try {
        return await inTransaction(client, limits, () => client.query<Row>(sql, values));
      } catch (error) {
        isUsable = isAnswer(error) || (limits.signal?.aborted === true && error === limits.signal.reason);
        throw error;
      } finally {
        client.release(!isUsable);
      }
    },
  };
}
