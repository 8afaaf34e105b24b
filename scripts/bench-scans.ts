import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPool } from '@tailrace/postgres/connection/pool.ts';
import type { Queryable } from '@tailrace/postgres/connection/queryable.ts';
import { lookUpLogs } from '@tailrace/postgres/logs/log-lookup.ts';
import { upsertLogs } from '@tailrace/postgres/logs/log-rows.ts';
import { searchLogs } from '@tailrace/postgres/logs/log-search.ts';
import { migrate } from '@tailrace/postgres/migrate.ts';
import { testRecord } from '@tailrace/postgres/test-records.ts';
import { TimePartitions } from '@tailrace/postgres/time-partitions.ts';
import type pg from 'pg';
import { startPostgres } from './dev-stack/postgres/postgres.ts';

/**
 * What it is worth that every scan of stored lines is bounded by time: each as the program makes it, and without its
 * bounds, as it was made before. Every scan has its own rows in random order of days.
 *
 * Environment: ROWS (500000), DAYS (20), DATABASE_URL for another server.
 */
const rows = Number(process.env.ROWS ?? 500_000);
const days = Number(process.env.DAYS ?? 20);
const batch = 10_000;
const runs = 15;
const directory = mkdtempSync(join(tmpdir(), 'bench-scans-'));
const server = await startPostgres({ directory, environment: process.env, report: (line) => console.error(line) });
const pool = openPool({ url: server.databaseUrl, applicationName: 'bench-scans', onIdleError: () => undefined });
const day = 86_400_000_000;
const start = Date.UTC(2026, 0, 1) * 1000;

const recordAt = (index: number) =>
  testRecord(index, {
    timestamp: start + Math.floor((index / rows) * days * day),
    body: `line ${index} of many, handled after ${index % 5000} ms`,
  });

/** The bounds as they stand in the statements, and what stood there before. */
const bounds: readonly (readonly [now: RegExp, before: string])[] = [
  [/ and timestamp (<=|>=) (\$\d+)::timestamptz(?= and timestamp)/, ' and $2::timestamptz is not null'],
  [/and logs\.timestamp between (\$\d+) and (\$\d+)/, 'and ($1::timestamptz, $2::timestamptz) is not null'],
];

/** A client whose statements lack them. @throws where a statement has none: it is another one than this was written for. */
function unbounded(client: pg.ClientBase): pg.ClientBase {
  return new Proxy(client, {
    get(target, name) {
      if (name !== 'query') return Reflect.get(target, name, target);
      return (statement: unknown, values?: unknown[]) => {
        let sql = statement;
        if (typeof statement === 'string' && /\b(from|join) logs\b/.test(statement)) {
          sql = bounds.reduce((text, [now, before]) => text.replace(now, before), statement);
          if (sql === statement) throw new Error(`this statement has no bound of time: ${statement}`);
        }
        return Reflect.apply(target.query, target, [sql, values]);
      };
    },
  });
}

const client = await pool.connect();
try {
  await migrate(pool);
  await new TimePartitions().ensure(
    client,
    Array.from({ length: days }, (_, index) => start + index * day),
  );
  for (let from = 0; from < rows; from += batch) {
    const part = Array.from({ length: Math.min(batch, rows - from) }, (_, index) => recordAt(from + index));
    await client.query('begin');
    await upsertLogs(client, part);
    await client.query('commit');
  }
  await client.query('vacuum analyze logs');
  console.log(`${rows} rows in ${days} days; median of ${runs}, milliseconds`);
  const middle = Math.floor(rows / 2);
  const range = { from: start, to: start + days * day };
  const scans: Readonly<Record<string, (connection: Queryable & pg.ClientBase, run: number) => Promise<unknown>>> = {
    'a page of 200 lines from the middle, towards older': (connection, run) => {
      const options = { pool: connection, projectId: 'demo', filter: {}, ...range, direction: 'older' } as const;
      const deadline = performance.now() + 60_000;
      return searchLogs({ ...options, start: recordAt(middle + run * 997), limit: 200, deadline });
    },
    'a page of 200 lines from the middle, towards newer': (connection, run) => {
      const options = { pool: connection, projectId: 'demo', filter: {}, ...range, direction: 'newer' } as const;
      const deadline = performance.now() + 60_000;
      return searchLogs({ ...options, start: recordAt(middle - run * 997), limit: 200, deadline });
    },
    'a look-up of 1,000 keys of one day': (connection, run) => {
      const keys = Array.from({ length: 1000 }, (_, index) => recordAt(middle + run * 13 + index));
      return lookUpLogs(connection, 'demo', keys);
    },
    'writing 1,000 lines again that stand already': (connection, run) =>
      upsertLogs(
        connection,
        Array.from({ length: 1000 }, (_, index) => recordAt(middle + run * 13 + index)),
      ),
  };
  for (const [name, scan] of Object.entries(scans)) {
    const now = await median((run) => scan(client, run));
    const before = await median((run) => scan(unbounded(client), run));
    console.log(`${name}: ${before} without bounds, ${now} with`);
  }
} finally {
  client.release();
  await pool.end();
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
}

async function median(work: (run: number) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    await client.query('begin');
    const started = performance.now();
    await work(run);
    times.push(performance.now() - started);
    await client.query('rollback');
  }
  return Number((times.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? 0).toFixed(1));
}
