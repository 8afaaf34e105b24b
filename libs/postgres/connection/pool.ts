import pg from 'pg';

export interface PoolOptions {
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** Connections at most. */
  readonly max?: number;
  /** How long a connection may take to be made, milliseconds. Default: 5000. */
  readonly connectTimeoutMs?: number;
  /** Called when connections die while idle; the pool replaces them by itself. Others fail the query they are in. */
  readonly onIdleError: (error: Error) => void;
}

const int8 = 20;

/**
 * A pool whose `bigint` columns are numbers: ours are offsets, sizes and microseconds, all safe integers.
 *
 * It works as well through PgBouncer pooling by transaction: nothing but the application's name is asked for at start-up,
 * and no code of ours leaves anything in a session. What must hold for a statement is set in its transaction
 * (`transaction.ts`), and so are the limits on how long PostgreSQL may take: use `boundedQueries`, or `inTransaction`.
 */
export function openPool(options: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.max ?? 10,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5000,
    // A host that vanishes without a word is noticed after some twenty seconds, not after the system's two hours.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: {
      getTypeParser: (oid, format) => (oid === int8 ? Number : pg.types.getTypeParser(oid, format)),
    },
  });
  pool.on('error', options.onIdleError);
  // A connection that dies in somebody's hands says so twice: by its next query, and by an event that ends the process
  // where nobody listens, as the pool itself does only to idle ones (https://node-postgres.com/apis/pool#events).
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}
