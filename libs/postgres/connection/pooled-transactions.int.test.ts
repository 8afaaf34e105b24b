import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countLogs } from '../logs/log-histogram.ts';
import { lookUpLogs } from '../logs/log-lookup.ts';
import { upsertLogs } from '../logs/log-rows.ts';
import { searchLogs } from '../logs/log-search.ts';
import { migrate } from '../migrate.ts';
import { type EmptyTestDatabase, emptyTestDatabase } from '../test-database.ts';
import { testRecord } from '../test-records.ts';
import { TimePartitions } from '../time-partitions.ts';
import { openPool } from './pool.ts';
import { boundedQueries } from './queryable.ts';
import { startTransactionPooler, type TransactionPooler } from './test-transaction-pooler.ts';
import { inTransaction } from './transaction.ts';

const sessions = 3;
let database: EmptyTestDatabase;
let pooler: TransactionPooler;
let pool: ReturnType<typeof openPool>;

beforeEach(async () => {
  database = await emptyTestDatabase();
  pooler = await startTransactionPooler(database.url, sessions);
  pool = openPool({
    url: pooler.url,
    applicationName: 'pooled',
    connectTimeoutMs: 60_000,
    onIdleError: () => undefined,
  });
});
afterEach(async () => {
  pooler?.resume();
  await pool?.end();
  await pooler?.close();
  await database?.drop();
});

describe('behind a pooler by transaction, as PgBouncer', () => {
  it('each transaction has another session, and a start-up parameter is refused: the pooler is a strict one', async () => {
    const pids = new Set<number>();
    for (let round = 0; round < sessions; round += 1) {
      const { rows } = await pool.query<{ pid: number }>('select pg_backend_pid() as pid');
      pids.add(rows[0]!.pid);
    }
    expect(pids.size).toBe(sessions);
    await pool.query(`set work_mem = '77MB'`);
    expect((await pool.query('show work_mem')).rows).not.toEqual([{ work_mem: '77MB' }]);
    const asking = new URL(pooler.url);
    asking.searchParams.set('options', '-c statement_timeout=5s');
    const refused = openPool({ url: asking.href, applicationName: 'asking', onIdleError: () => undefined });
    await expect(refused.query('select 1')).rejects.toThrow('unsupported startup parameter: options');
    await refused.end();
  });

  it('the schema is migrated by several processes at once, again and again, and no lock stays behind', async () => {
    const results = await Promise.all([migrate(pool), migrate(pool), migrate(pool)]);
    await migrate(pool);
    expect(new Set(results.map(({ partitioning }) => partitioning)).size).toBe(1);
    expect(await advisoryLocks()).toBe(0);
  });

  it('lines are written, found, counted and looked up, each statement within its time', async () => {
    const { partitioning } = await migrate(pool);
    const records = Array.from({ length: 50 }, (_, index) => testRecord(index));
    const client = await pool.connect();
    const days = new TimePartitions();
    const write = () => inTransaction(client, { answerTimeoutMs: 60_000 }, () => upsertLogs(client, records));
    if (partitioning === 'native') {
      await days.ensure(
        client,
        records.map(({ timestamp }) => timestamp),
      );
    }
    // In each of the sessions, and once more where a staging table is there already.
    const written = [];
    for (let round = 0; round <= sessions; round += 1) written.push(await write());
    client.release();
    expect(written).toEqual([50, 0, 0, 0]);
    const queries = boundedQueries(pool, { statementTimeoutMs: 5000, answerTimeoutMs: 60_000, isReadOnly: true });
    const range = { from: records[0]!.timestamp, to: records.at(-1)!.timestamp + 1 };
    const search = { pool: queries, projectId: 'demo', filter: {}, ...range, deadline: performance.now() + 60_000 };
    const { records: found } = await searchLogs({ ...search, direction: 'newer', limit: 100 });
    expect(found).toEqual(records);
    const { buckets } = await countLogs({ ...search, width: 3_600_000_000 });
    expect([...buckets.values()]).toEqual([{ info: 50 }]);
    expect(await lookUpLogs(queries, 'demo', records)).toHaveLength(50);
    const { rows } = await queries.query<{ statement_timeout: string }>('show statement_timeout');
    expect(rows).toEqual([{ statement_timeout: '5s' }]);
  });

  it('nothing is left in a session for its next user', async () => {
    const before = await pool.query('show statement_timeout');
    const queries = boundedQueries(pool, { statementTimeoutMs: 5000, lockTimeoutMs: 100, answerTimeoutMs: 60_000 });
    await migrate(pool);
    for (let round = 0; round < sessions; round += 1) await queries.query('select 1');
    for (let round = 0; round < sessions; round += 1) {
      expect((await pool.query('show statement_timeout')).rows).toEqual(before.rows);
      expect((await pool.query('show lock_timeout')).rows).toEqual([{ lock_timeout: '0' }]);
    }
  });
});

describe('a server that hangs while its connections stay open', () => {
  it('fails a bounded statement when its time is up, and the pool works again once the server does', async () => {
    const queries = boundedQueries(pool, { answerTimeoutMs: 300 });
    await queries.query('select 1');
    pooler.hang();
    await expect(queries.query('select 1')).rejects.toMatchObject({
      code: 'postgres.no_answer',
      remedy: 'reconnect',
      message: 'PostgreSQL did not answer within 0.3 s',
    });
    pooler.resume();
    await expect.poll(() => queries.query('select 1 as one').then(({ rows }) => rows)).toEqual([{ one: 1 }]);
  });

  it('fails a COPY under way when its time is up', async () => {
    const { partitioning } = await migrate(pool);
    const records = Array.from({ length: 20_000 }, (_, index) => testRecord(index, { body: 'x'.repeat(500) }));
    const client = await pool.connect();
    try {
      if (partitioning === 'native') {
        await new TimePartitions().ensure(
          client,
          records.map(({ timestamp }) => timestamp),
        );
      }
      const writing = inTransaction(client, { answerTimeoutMs: 500 }, async () => {
        pooler.hang();
        await upsertLogs(client, records);
      });
      await expect(writing).rejects.toMatchObject({ code: 'postgres.no_answer' });
    } finally {
      client.release(true);
    }
  });

  it('is distinguished from one that answers with an error, whose connection stays in use', async () => {
    const queries = boundedQueries(pool, { statementTimeoutMs: 50, answerTimeoutMs: 60_000 });
    await expect(queries.query('select pg_sleep(60)')).rejects.toMatchObject({ code: '57014' });
    expect(pool.totalCount).toBe(1);
    expect((await queries.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    expect(pool.totalCount).toBe(1);
  });
});

async function advisoryLocks(): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>(
    `select count(*)::int as count from pg_locks join pg_database on pg_database.oid = pg_locks.database
     where locktype = 'advisory' and datname = current_database()`,
  );
  return rows[0]!.count;
}
