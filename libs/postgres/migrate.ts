import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type pg from 'pg';

const folder = new URL('./migrations/', import.meta.url);
/** Any fixed number: two processes that start at once migrate one after the other. */
const migrationLock = 7_312_001;

export type Partitioning = 'timescaledb' | 'native';

interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/**
 * Brings the database to this version's schema and says how the logs are partitioned: by TimescaleDB where the server
 * has the extension, by PostgreSQL itself otherwise. What was chosen at the first migration stays.
 *
 * @throws TailraceError `postgres.migration_changed` when an applied migration's text is not this version's.
 */
export async function migrate(pool: pg.Pool): Promise<Partitioning> {
  const client = await pool.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [migrationLock]);
    try {
      return await applyMissing(client);
    } finally {
      await client.query('select pg_advisory_unlock($1)', [migrationLock]);
    }
  } finally {
    client.release();
  }
}

async function applyMissing(client: pg.PoolClient): Promise<Partitioning> {
  await client.query(`create table if not exists schema_migrations (
    number int primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())`);
  const { rows: applied } = await client.query<{ number: number; name: string; checksum: string }>(
    'select number, name, checksum from schema_migrations',
  );
  const done = new Map(applied.map((row) => [row.number, row]));
  const partitioning = await choosePartitioning(client, done.get(1)?.name);
  for (const migration of await readMigrations(partitioning)) {
    const earlier = done.get(migration.number);
    if (earlier) {
      if (earlier.checksum !== migration.checksum) {
        throw new TailraceError(`migration ${migration.name} was changed after it had been applied`, {
          code: 'postgres.migration_changed',
          remedy: 'give-up',
          help: 'Applied migrations never change: restore the file and write a new one.',
        });
      }
      continue;
    }
    await apply(client, migration);
  }
  return partitioning;
}

async function apply(client: pg.PoolClient, { number, name, sql, checksum }: Migration): Promise<void> {
  await client.query('begin');
  try {
    await client.query(sql);
    await client.query('insert into schema_migrations (number, name, checksum) values ($1, $2, $3)', [
      number,
      name,
      checksum,
    ]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

async function choosePartitioning(client: pg.PoolClient, appliedFirst: string | undefined): Promise<Partitioning> {
  if (appliedFirst) return appliedFirst.includes('.timescaledb.') ? 'timescaledb' : 'native';
  const { rowCount } = await client.query(`select 1 from pg_available_extensions where name = 'timescaledb'`);
  if (!rowCount) return 'native';
  await client.query('create extension if not exists timescaledb');
  return 'timescaledb';
}

/** `NNN-name.sql` for every database, `NNN-name.native.sql` and `NNN-name.timescaledb.sql` for one kind. */
async function readMigrations(partitioning: Partitioning): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  const chosen = names.filter(
    (name) => !/\.(native|timescaledb)\.sql$/.test(name) || name.includes(`.${partitioning}.`),
  );
  return Promise.all(
    chosen.map(async (name) => {
      const sql = await readFile(new URL(name, folder), 'utf8');
      return { number: Number(name.slice(0, 3)), name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}
