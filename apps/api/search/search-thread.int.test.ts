import { setImmediate as turn } from 'node:timers/promises';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { createTestDatabase, type TestDatabase } from '@tailrace/postgres/test-database.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { SearchThread } from './search-thread.ts';
import type { sqlTasks } from './sql-worker.fixture.ts';

const script = new URL('./sql-worker.fixture.ts', import.meta.url);
const signal = new AbortController().signal;
let database: TestDatabase;
let lost = 0;
let logged = '';
const threads: SearchThread<typeof sqlTasks>[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await Promise.all(threads.splice(0).map((thread) => thread.close()));
  // A statement of a thread that was lost goes on until PostgreSQL looks whether anybody is there.
  await database.pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = 'tailrace-api'`,
  );
  await expect.poll(connected).toBe(0);
});
afterAll(async () => {
  await database?.drop();
});

function openThread(): SearchThread<typeof sqlTasks> {
  lost = 0;
  logged = '';
  const thread = new SearchThread<typeof sqlTasks>({
    data: { url: database.url, maxConnections: 2, statementTimeoutMs: 60_000, answerTimeoutMs: 62_000 },
    logger: createLogger({ level: 'warn', destination: { write: (line) => (logged += line) } }),
    onLost: () => (lost += 1),
    script,
  });
  threads.push(thread);
  return thread;
}

const connected = async () => {
  const sql = `select count(*)::int as count from pg_stat_activity
    where datname = current_database() and application_name = 'tailrace-api'`;
  return (await database.pool.query<{ count: number }>(sql)).rows[0]?.count;
};
const sleeping = async () => {
  const sql = `select count(*)::int as count from pg_stat_activity
    where datname = current_database() and state = 'active' and query like '%pg_sleep%' and pid <> pg_backend_pid()`;
  return (await database.pool.query<{ count: number }>(sql)).rows[0]?.count;
};

it('a search that keeps its thread leaves the process’s event loop free', async () => {
  const enough = new SharedArrayBuffer(4);
  const running = openThread().run('endless', enough, signal);
  for (let turns = 0; turns < 100; turns += 1) await turn();
  Atomics.store(new Int32Array(enough), 0, 1);
  expect(await running).toBe('enough');
});

it('an error of a search arrives with its code, its remedy and what to do', async () => {
  const thread = openThread();
  const range = {
    projectId: 'p',
    filter: {},
    from: 0,
    to: 1e15,
    direction: 'older',
    limit: 1,
    timeoutMs: 10_000,
  } as const;
  await database.pool.query('alter table logs rename to logs_away');
  const error = await thread.run('places', range, signal).catch((thrown: unknown) => thrown);
  await database.pool.query('alter table logs_away rename to logs');
  expect(error).toBeInstanceOf(TailraceError);
  expect(error).toMatchObject({
    code: 'postgres.unavailable',
    remedy: 'reconnect',
    message: expect.stringContaining('logs'),
  });
  expect(await thread.run('places', range, signal)).toEqual([]);
});

it('a thread that ends by a defect is reported, its searches are answered, and the next one gets a new thread', async () => {
  const thread = openThread();
  const beside = thread.run('alert', 'select pg_sleep(60)', signal).catch((error: unknown) => error);
  await expect.poll(sleeping).toBe(1);
  const died = await thread.run('alert', 'die', signal).catch((error: unknown) => error);
  for (const error of [died, await beside])
    expect(error).toMatchObject({ code: 'log_search.cut_short', remedy: 'retry' });
  expect(lost).toBe(1);
  expect(logged).toContain('the thread that searches stored lines ended');
  expect(logged).toContain('not valid JSON');
  expect(await thread.run('alert', 'select 1', signal)).toBeUndefined();
});

it('closing calls off what runs, gives the connections back and takes nothing more', async () => {
  const thread = openThread();
  const running = thread.run('alert', 'select pg_sleep(60)', signal).catch((error: unknown) => error);
  await expect.poll(sleeping).toBe(1);
  await thread.close();
  expect(await running).toBeInstanceOf(Error);
  await expect.poll(connected).toBe(0);
  expect(lost).toBe(0);
  await expect(thread.run('alert', 'select 1', signal)).rejects.toMatchObject({ code: 'log_search.cut_short' });
});
