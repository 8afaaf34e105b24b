import { randomBytes } from 'node:crypto';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import pg from 'pg';
import { openPool } from './connection/pool.ts';
import { inTransaction } from './connection/transaction.ts';
import { upsertLogs } from './logs/log-rows.ts';
import { migrate } from './migrate.ts';
import { TimePartitions } from './time-partitions.ts';
import type { Partitioning } from './timescaledb.ts';

/** A database of a test's own without any table. */
export interface EmptyTestDatabase {
  readonly name: string;
  readonly url: string;
  readonly pool: pg.Pool;
  /** Closes the pool and drops the database. */
  drop(): Promise<void>;
}

/** A database of a test's own, on the server that `TEST_DATABASE_URL` names, with this version's schema. */
export interface TestDatabase extends EmptyTestDatabase {
  readonly partitioning: Partitioning;
  /** Stores records as the sink does, whatever partitions the logs. */
  store(records: readonly LogRecord[]): Promise<void>;
}

export async function emptyTestDatabase(): Promise<EmptyTestDatabase> {
  const server = process.env.TEST_DATABASE_URL;
  if (server === undefined) throw new Error('TEST_DATABASE_URL is not set: run this test by vitest’s int project');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const pool = openPool({
    url: url.href,
    applicationName: 'tailrace-test',
    // One server makes databases for all tests.
    connectTimeoutMs: 60_000,
    onIdleError: () => undefined,
  });
  return {
    name,
    url: url.href,
    pool,
    async drop() {
      await pool.end();
      await onServer(server, `drop database ${name} with (force)`);
    },
  };
}

/** @param partitioning `native`: by PostgreSQL itself, also where the server has TimescaleDB. Left out: as the product chooses. */
export async function createTestDatabase(partitioning?: 'native'): Promise<TestDatabase> {
  const empty = await emptyTestDatabase();
  const { pool } = empty;
  const native = async () => ({ partitioning: 'native', reason: 'the test asks for it' }) as const;
  const chosen = await migrate(pool, partitioning && native);
  return {
    ...empty,
    partitioning: chosen.partitioning,
    async store(records) {
      const client = await pool.connect();
      try {
        const times = records.map(({ timestamp }) => timestamp);
        if (chosen.partitioning === 'native') await new TimePartitions().ensure(client, times);
        await inTransaction(client, { answerTimeoutMs: 120_000 }, () => upsertLogs(client, records));
      } finally {
        client.release();
      }
    },
  };
}

async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
