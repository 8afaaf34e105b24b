import type pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { databaseError, isAnswer } from './database-error.ts';
import { openPool } from './pool.ts';

let database: TestDatabase;
let pool: pg.Pool;
const idleErrors: Error[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  idleErrors.length = 0;
  pool = openPool({
    url: database.url,
    applicationName: 'pool-test',
    connectTimeoutMs: 60_000,
    onIdleError: (error) => void idleErrors.push(error),
  });
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

/** As a server that is stopped does to every connection of the pool. */
async function terminateAll(): Promise<void> {
  await database.pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where application_name = 'pool-test' and datname = current_database()`,
  );
}

it('the pool outlives a connection that dies in somebody’s hands, whose next query says so', async () => {
  const client = await pool.connect();
  const ended = new Promise((resolve) => client.once('end', resolve));
  await terminateAll();
  await ended;
  await expect(client.query('select 1')).rejects.toThrow('not queryable');
  client.release(true);
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  expect(idleErrors).toEqual([]);
});

it('the pool reports a connection that dies while idle, and replaces it', async () => {
  await pool.query('select 1');
  await terminateAll();
  await expect.poll(() => idleErrors.length).toBeGreaterThan(0);
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});

it('the pool names a limit of the server that refuses a statement, and goes on', async () => {
  const client = await pool.connect();
  try {
    await client.query(`set work_mem = '64kB'; set temp_file_limit = 0`);
    const failure = await client
      .query('select n from generate_series(1, 100000) as n order by md5(n::text)')
      .catch((error: unknown) => error);
    expect(isAnswer(failure)).toBe(true);
    expect(databaseError(failure)).toMatchObject({
      code: 'postgres.limit_exceeded',
      remedy: 'reconnect',
      message: expect.stringMatching(/^PostgreSQL refuses by a limit of its own: .*temp_file_limit/),
      help: 'Raise the limit that the message names.',
    });
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  } finally {
    client.release(true);
  }
});
