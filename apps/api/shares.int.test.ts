import { createTestDatabase, type TestDatabase } from '@tailrace/postgres/test-database.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi, tokenFor } from './test-api.ts';

/** In it, an alert's id is SQL. */
const threadScript = new URL('./search/sql-worker.fixture.ts', import.meta.url);
let database: TestDatabase;
let api: TestApi;
beforeAll(async () => {
  database = await createTestDatabase();
  api = await startTestApi({ databaseUrl: database.url, databaseConnections: 4, threadScript });
});
afterAll(async () => {
  await api?.close();
  await database?.drop();
});

const asker = (project: string, subject: string, gone = new AbortController().signal) => ({
  caller: { project, subject },
  gone,
});

const held = 'select pg_advisory_xact_lock_shared(7)';
/** Lets searches wait for a lock. @returns what lets them go on. */
async function hold(): Promise<() => Promise<void>> {
  const client = await database.pool.connect();
  await client.query('select pg_advisory_lock(7)');
  return async () => {
    await client.query('select pg_advisory_unlock(7)');
    client.release();
  };
}

describe('searches of stored lines', () => {
  it('of one project leave connections to the others, however many they are and however long they take', async () => {
    const order: string[] = [];
    const search = async (project: string, subject: string, seconds: number) => {
      await api.database.run(asker(project, subject), 'alert', `select pg_sleep(${seconds})`);
      order.push(project);
    };
    const busy = Array.from({ length: 8 }, (_, index) => search('busy', `token ${index}`, 0.5));
    const quiet = Array.from({ length: 3 }, () => search('quiet', 'ann', 0));
    await Promise.all([...busy, ...quiet]);
    expect(order.slice(0, 3)).toEqual(['quiet', 'quiet', 'quiet']);
  });

  it('are refused with 429 when too many of one token wait, and not those of another', async () => {
    const release = await hold();
    const holding = Array.from({ length: 5 }, () => api.database.run(asker('demo', 'a viewer'), 'alert', held));
    const refused = await api.call('/stream/demo', { token: await tokenFor('viewer') });
    expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).toEqual([
      429,
      'too_many_searches',
      '2',
    ]);
    expect((await api.call('/stream/demo', { token: await tokenFor('editor') })).status).toBe(200);
    await release();
    await Promise.all(holding);
    expect((await api.call('/stream/demo', { token: await tokenFor('viewer') })).status).toBe(200);
  });

  it('are cancelled in the database when their caller goes away, and leave a connection that works', async () => {
    const going = new AbortController();
    const sql = 'select pg_sleep(15) as "left behind"';
    const slow = api.database.run(asker('demo', 'ann', going.signal), 'alert', sql);
    const running = async () => {
      const sql = `select count(*)::int as count from pg_stat_activity
        where datname = current_database() and state = 'active' and query like '%left behind%' and pid <> pg_backend_pid()`;
      return (await database.pool.query<{ count: number }>(sql)).rows[0]?.count;
    };
    await expect.poll(running).toBe(1);
    const left = performance.now();
    going.abort(new Error('went away'));
    await expect(slow).rejects.toThrow('went away');
    expect(await running()).toBe(0);
    expect(performance.now() - left).toBeLessThan(10_000);
    expect(await api.database.run(asker('demo', 'ann'), 'alert', 'select 1')).toBeUndefined();
    expect(api.database.trouble).toBeUndefined();
  });

  it('leave the line when their caller goes away', async () => {
    const release = await hold();
    const holding = api.database.run(asker('demo', 'ann'), 'alert', held);
    const going = new AbortController();
    const waiting = api.database.run(asker('demo', 'ann', going.signal), 'alert', 'select 1');
    expect(api.shares.searches.state).toEqual({ running: 1, waiting: 1 });
    going.abort(new Error('went away'));
    await expect(waiting).rejects.toThrow('went away');
    expect(api.shares.searches.state).toEqual({ running: 1, waiting: 0 });
    await release();
    await holding;
  });

  it('are answered with 503 when their thread is lost, and the next one works', async () => {
    const lost = await api.database.run(asker('demo', 'ann'), 'alert', 'die').catch((error: unknown) => error);
    expect(lost).toMatchObject({ status: 503, code: 'log_search.cut_short' });
    expect(api.database.trouble).toBeUndefined();
    expect((await api.call('/stream/demo')).status).toBe(200);
  });
});
