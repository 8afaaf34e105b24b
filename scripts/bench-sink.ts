import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { openPool } from '@tailrace/postgres/connection/pool.ts';
import { upsertLogs } from '@tailrace/postgres/logs/log-rows.ts';
import { migrate } from '@tailrace/postgres/migrate.ts';
import { testRecord } from '@tailrace/postgres/test-records.ts';
import { TimePartitions } from '@tailrace/postgres/time-partitions.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { startPostgres } from './dev-stack/postgres/postgres.ts';

/**
 * What the sink's way into PostgreSQL costs, and what each index is worth, in one run on one server:
 *
 * 1. rows/s of `upsertLogs` (COPY to staging, then ON CONFLICT) against the limit: the same text by COPY straight into the
 *    same table, without any index beyond the key.
 * 2. the same with the (project, time) index that `logs` has, and with a trigram index on the body, which it has not.
 * 3. how long the newest 200 lines of a project, and a text search of a day, take with and without each.
 *
 * Environment: ROWS (200000), BATCH (10000), DATABASE_URL for another server.
 */
const rows = Number(process.env.ROWS ?? 200_000);
const batch = Number(process.env.BATCH ?? 10_000);
const directory = mkdtempSync(join(tmpdir(), 'bench-sink-'));
const server = await startPostgres({ directory, environment: process.env, report: (line) => console.error(line) });
const pool = openPool({ url: server.databaseUrl, applicationName: 'bench-sink', onIdleError: () => undefined });
const day = 86_400_000_000;
const start = Date.UTC(2026, 0, 1) * 1000;
const words = ['order', 'payment', 'cache', 'upstream', 'session', 'queue', 'timeout', 'customer', 'retry', 'shard'];

/** A day of lines of ten busy projects and a quiet one, about 500 bytes each with their fields. */
function records(): LogRecord[] {
  return Array.from({ length: rows }, (_, index) =>
    testRecord(index, {
      project_id: index % 1000 === 0 ? 'project-rare' : `project-${index % 10}`,
      timestamp: start + Math.floor((index / rows) * day),
      body: `${words[index % 10]} ${index} handled by ${words[(index * 7) % 10]} after ${index % 5000} ms, request ${randomBytes(8).toString('hex')}`,
      attributes: {
        user_id: String(index % 1000),
        duration_ms: String(index % 5000),
        region: 'eu-central-1',
        route: `/api/${words[index % 10]}`,
      },
    }),
  );
}

const all = records();
await migrate(pool);
const client = await pool.connect();
try {
  await new TimePartitions().ensure(client, [start]);
  const indexes: readonly (readonly [name: string, sql: string | undefined])[] = [
    ['key only', 'drop index logs_project_time'],
    ['key, (project, time)', 'create index logs_project_time on logs (project_id, timestamp, id)'],
    [
      'key, (project, time), trigram on body',
      'create extension if not exists pg_trgm; create index logs_body on logs using gin (body gin_trgm_ops)',
    ],
  ];
  for (const [name, sql] of indexes) {
    if (sql) await client.query(sql);
    const copied = await rate(client, (part) => copyStraight(client, part));
    const written = await rate(client, (part) => write(client, part));
    await client.query('analyze logs');
    const newest = await milliseconds(client, newestOf('project-3'));
    const rare = await milliseconds(client, newestOf('project-rare'));
    const text = await milliseconds(
      client,
      `select * from logs where project_id = 'project-3' and body ilike '%timeout 17%' order by timestamp desc, id desc limit 200`,
    );
    console.log(
      JSON.stringify({
        bench: 'sink',
        indexes: name,
        copy_rows_per_s: copied,
        upsert_rows_per_s: written,
        ratio_to_copy: Number((written / copied).toFixed(2)),
        newest_200_ms: newest,
        newest_200_of_quiet_project_ms: rare,
        text_search_ms: text,
      }),
    );
  }
} finally {
  client.release();
  await pool.end();
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
}

/** Rows a second over all records into the emptied table. */
async function rate(connection: pg.PoolClient, step: (part: readonly LogRecord[]) => Promise<void>): Promise<number> {
  await connection.query('truncate logs');
  await connection.query('checkpoint');
  const started = performance.now();
  for (let index = 0; index < all.length; index += batch) await step(all.slice(index, index + batch));
  const perSecond = Math.round((all.length * 1000) / (performance.now() - started));
  const { rows: counted } = await connection.query<{ count: number }>('select count(*) from logs');
  if (counted[0]?.count !== all.length) throw new Error(`${counted[0]?.count} rows instead of ${all.length}`);
  return perSecond;
}

async function write(connection: pg.PoolClient, part: readonly LogRecord[]): Promise<void> {
  await connection.query('begin');
  await upsertLogs(connection, part);
  await connection.query('commit');
}

/** The limit: the staging table's rows as text, prepared by the server itself, copied into the table in one go. */
async function copyStraight(connection: pg.PoolClient, part: readonly LogRecord[]): Promise<void> {
  await connection.query('begin');
  const text = part.map(copyLine).join('');
  await pipeline(Readable.from([Buffer.from(text)]), connection.query(copyFrom('copy logs from stdin')));
  await connection.query('commit');
}

/** The columns of `logs` in their order. Nothing in these records needs an escape. */
function copyLine(r: LogRecord): string {
  const time = (micros: number) => new Date(micros / 1000).toISOString();
  return `${[
    r.project_id,
    time(r.timestamp),
    r.id,
    r.connection_id,
    r.provider,
    0,
    time(r.observed_timestamp),
    time(r.ingest_timestamp),
    r.severity_number,
    r.severity_text,
    r.body,
    '\\N',
    '\\N',
    JSON.stringify(r.resource),
    JSON.stringify(r.attributes),
    r.stream,
    r.parser,
    r.normaliser_version,
    '\\N',
    '{}',
    r.raw_partition,
    r.raw_offset,
    '\\N',
  ].join('\t')}\n`;
}

function newestOf(project: string): string {
  return `select * from logs where project_id = '${project}' order by timestamp desc, id desc limit 200`;
}

/** The median of five. */
async function milliseconds(connection: pg.PoolClient, sql: string): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < 5; run += 1) {
    const started = performance.now();
    await connection.query(sql);
    times.push(performance.now() - started);
  }
  return Number((times.sort((a, b) => a - b)[2] ?? 0).toFixed(1));
}
