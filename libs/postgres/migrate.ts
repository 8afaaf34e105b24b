import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type pg from 'pg';
import { inTransaction } from './connection/transaction.ts';
import {
  choosePartitioning,
  exposeFunctions,
  type Partitioning,
  type PartitioningChoice,
  whyNative,
} from './timescaledb.ts';

const folder = new URL('./migrations/', import.meta.url);
/** Any fixed number: two processes that start at once migrate one after the other. */
const migrationLock = 7_312_001;

/** Waiting for another process that migrates, and a migration itself, may take long on a large table. */
const limits = { answerTimeoutMs: 60 * 60_000 };

interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/**
 * Brings the database to this version's schema and says how the logs are partitioned: by TimescaleDB where the server has
 * it in working order, by PostgreSQL itself otherwise. What was chosen at the first migration stays.
 *
 * Each migration is one transaction that holds the lock, so that PgBouncer may give each to another session.
 *
 * @param choose how to partition the logs of a new database.
 * @throws TailraceError `postgres.migration_changed` when an applied migration's text is not this version's; otherwise what
 * PostgreSQL says.
 */
export async function migrate(
  pool: pg.Pool,
  choose: (client: pg.ClientBase) => Promise<PartitioningChoice> = choosePartitioning,
): Promise<PartitioningChoice> {
  const client = await pool.connect();
  let isUsable = false;
  try {
    let made: PartitioningChoice | undefined;
    for (;;) {
      const step = await inTransaction(client, limits, () => applyNext(client, choose));
      if (step.isFirst) made = step.choice;
      if (!step.isDone) continue;
      isUsable = true;
      return made ?? step.choice;
    }
  } finally {
    client.release(!isUsable);
  }
}

interface Step {
  readonly choice: PartitioningChoice;
  /** The logs have no table yet: the choice is made here. */
  readonly isFirst: boolean;
  /** Nothing was missing. */
  readonly isDone: boolean;
}

/** Applies the first migration that is missing. */
async function applyNext(
  client: pg.PoolClient,
  choose: (client: pg.ClientBase) => Promise<PartitioningChoice>,
): Promise<Step> {
  await client.query('select pg_advisory_xact_lock($1)', [migrationLock]);
  await client.query(`create table if not exists schema_migrations (
    number int primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())`);
  const { rows: applied } = await client.query<{ number: number; name: string; checksum: string }>(
    'select number, name, checksum from schema_migrations',
  );
  const done = new Map(applied.map((row) => [row.number, row]));
  const first = done.get(1)?.name;
  const isFirst = first === undefined;
  const choice = isFirst ? await choose(client) : await chosenBefore(client, first);
  for (const migration of await readMigrations(choice.partitioning)) {
    const earlier = done.get(migration.number);
    if (earlier === undefined) {
      await apply(client, migration, choice);
      return { choice, isFirst, isDone: false };
    }
    if (earlier.checksum !== migration.checksum) {
      throw new TailraceError(`migration ${migration.name} was changed after it had been applied`, {
        code: 'postgres.migration_changed',
        remedy: 'give-up',
        help: 'Applied migrations never change: restore the file and write a new one.',
      });
    }
  }
  return { choice, isFirst, isDone: true };
}

async function apply(
  client: pg.PoolClient,
  { number, name, sql, checksum }: Migration,
  { partitioning }: PartitioningChoice,
): Promise<void> {
  if (partitioning === 'timescaledb') await exposeFunctions(client);
  await client.query(sql);
  await client.query('insert into schema_migrations (number, name, checksum) values ($1, $2, $3)', [
    number,
    name,
    checksum,
  ]);
}

async function chosenBefore(client: pg.PoolClient, firstMigration: string): Promise<PartitioningChoice> {
  return firstMigration.includes('.timescaledb.')
    ? { partitioning: 'timescaledb', reason: 'so they were created' }
    : { partitioning: 'native', reason: await whyNative(client) };
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
