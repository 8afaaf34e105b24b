import pg from 'pg';

export interface PoolOptions {
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** Connections at most. */
  readonly max?: number;
  /** A statement that takes longer is cancelled, milliseconds. Left out: no limit. */
  readonly statementTimeoutMs?: number;
  /** Told about connections that die while idle; the pool replaces them by itself. */
  readonly onIdleError: (error: Error) => void;
}

const int8 = 20;

/** A pool whose `bigint` columns are numbers: ours are offsets, sizes and microseconds, all safe integers. */
export function openPool(options: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.max ?? 10,
    connectionTimeoutMillis: 5000,
    keepAlive: true,
    types: {
      getTypeParser: (oid, format) => (oid === int8 ? Number : pg.types.getTypeParser(oid, format)),
    },
    ...(options.statementTimeoutMs !== undefined && { statement_timeout: options.statementTimeoutMs }),
  });
  pool.on('error', options.onIdleError);
  return pool;
}
