import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import type pg from 'pg';
import { isAnswer } from './connection/database-error.ts';
import { inTransaction } from './connection/transaction.ts';

export type Partitioning = 'timescaledb' | 'native';

export interface PartitioningChoice {
  readonly partitioning: Partitioning;
  /** Why, in a sentence for the log. */
  readonly reason: string;
}

/** What the server says about TimescaleDB in this database. */
export interface TimescaleState {
  /** The version in this database, where the extension has been created. */
  readonly installed: string | null;
  /** The version that `create extension` would bring; null when the server does not have the extension. */
  readonly available: string | null;
  /** Whether the library runs in this session: only servers that preload it do. */
  readonly isLoaded: boolean;
  /** Whether this role may create extensions that their authors let owners of a database create. */
  readonly mayCreate: boolean;
  /** Schema of its functions, and whether this role may use them there. */
  readonly schema: string | null;
  readonly isSchemaUsable: boolean;
}

/** A setting of the library that is preloaded; pg_settings has it only where that has really been, however it is configured. */
const state = `select
  (select extversion from pg_extension where extname = 'timescaledb') as installed,
  (select default_version from pg_available_extensions where name = 'timescaledb') as available,
  exists (select from pg_settings where name = 'timescaledb.max_background_workers') as "isLoaded",
  has_database_privilege(current_database(), 'create') as "mayCreate",
  nspname as schema, coalesce(has_schema_privilege(pg_namespace.oid, 'usage'), false) as "isSchemaUsable"
  from (select) as one left join pg_namespace
    on pg_namespace.oid = (select extnamespace from pg_extension where extname = 'timescaledb')`;

/** `by_range` came with 2.13: https://github.com/timescale/timescaledb/releases/tag/2.13.0 */
const oldestUsable = [2, 13] as const;

/**
 * How the logs of a new database are partitioned: by TimescaleDB where it can really be used, by PostgreSQL itself
 * otherwise. That a server has the extension says little: `create extension` ends the session where the library is not
 * preloaded, and needs a right that an owner of tables need not have. Runs in the open transaction, and creates the
 * extension there.
 */
export async function choosePartitioning(client: pg.ClientBase): Promise<PartitioningChoice> {
  const obstacle = obstacleTo(await readState(client)) ?? (await create(client));
  if (obstacle !== undefined) return { partitioning: 'native', reason: obstacle };
  const { installed } = await readState(client);
  return { partitioning: 'timescaledb', reason: `TimescaleDB ${installed} is there` };
}

/** Why TimescaleDB cannot be used, as far as that shows without trying; undefined when nothing speaks against it. */
export function obstacleTo({
  installed,
  available,
  isLoaded,
  mayCreate,
  isSchemaUsable,
  schema,
}: TimescaleState): string | undefined {
  const version = installed ?? available;
  if (version === null) return 'the server does not have TimescaleDB';
  if (!isLoaded) return 'the server has TimescaleDB and does not preload it (shared_preload_libraries)';
  if (isOlder(version)) return `TimescaleDB ${version} is older than ${oldestUsable.join('.')}`;
  if (installed === null && !mayCreate)
    return 'this role may not create the extension timescaledb (CREATE on the database)';
  if (installed !== null && !isSchemaUsable) return `this role may not use the schema ${schema} of TimescaleDB`;
  return undefined;
}

/** Creates the extension. @returns why PostgreSQL refuses, undefined when it is there now. */
async function create(client: pg.ClientBase): Promise<string | undefined> {
  await client.query('savepoint extension');
  try {
    await client.query('create extension if not exists timescaledb');
    await client.query('release savepoint extension');
    return undefined;
  } catch (error) {
    if (!isAnswer(error)) throw error;
    await client.query('rollback to savepoint extension');
    return `PostgreSQL refuses to create the extension timescaledb: ${messageOf(error)}`;
  }
}

/** Lets the open transaction call the functions of TimescaleDB, whatever schema they were put into. */
export async function exposeFunctions(client: pg.ClientBase): Promise<void> {
  await client.query(
    `select set_config('search_path', concat_ws(', ', nullif(current_setting('search_path'), ''), quote_ident(nspname)), true)
     from pg_extension join pg_namespace on pg_namespace.oid = extnamespace where extname = 'timescaledb'`,
  );
}

/** A drop waits for readers of the table; new readers and writers would queue up behind it. */
const dropLimits = { answerTimeoutMs: 60_000, lockTimeoutMs: 5000 };

/**
 * Drops the chunks of `logs` whose last record is older than the time, milliseconds since the epoch.
 * @returns the names of what was dropped.
 */
export async function dropChunksBefore(client: pg.ClientBase, timestampMs: number): Promise<readonly string[]> {
  return inTransaction(client, dropLimits, async () => {
    await exposeFunctions(client);
    const { rows } = await client.query<{ name: string }>(
      `select drop_chunks('logs', to_timestamp($1 / 1000.0))::text as name`,
      [timestampMs],
    );
    return rows.map(({ name }) => name);
  });
}

/** Why a database whose logs PostgreSQL partitions by itself does so. */
export async function whyNative(client: pg.ClientBase): Promise<string> {
  return (
    obstacleTo(await readState(client)) ??
    'they were created before TimescaleDB could be used here, and stay so; a new database would use it'
  );
}

async function readState(client: pg.ClientBase): Promise<TimescaleState> {
  return (await client.query<TimescaleState>(state)).rows[0]!;
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = oldestUsable;
  return major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
}
