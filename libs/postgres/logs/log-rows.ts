import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { copyJson, copyNull, copyOptional, copyText, copyTextArray, copyTimestamp } from '../copy-text.ts';

/** The columns of `logs` and how a record fills them, in the order of COPY. */
const columns: Readonly<Record<string, (record: LogRecord) => string>> = {
  project_id: (r) => copyText(r.project_id),
  timestamp: (r) => copyTimestamp(r.timestamp),
  id: (r) => copyText(r.id),
  connection_id: (r) => copyText(r.connection_id),
  provider: (r) => r.provider,
  timestamp_nanos: (r) => String(r.timestamp_nanos),
  observed_timestamp: (r) => copyTimestamp(r.observed_timestamp),
  ingest_timestamp: (r) => copyTimestamp(r.ingest_timestamp),
  severity_number: (r) => String(r.severity_number),
  severity_text: (r) => copyText(r.severity_text),
  body: (r) => copyText(r.body),
  trace_id: (r) => copyOptional(r.trace_id),
  span_id: (r) => copyOptional(r.span_id),
  resource: (r) => copyJson(r.resource),
  attributes: (r) => copyJson(r.attributes),
  stream: (r) => copyText(r.stream),
  parser: (r) => copyText(r.parser),
  normaliser_version: (r) => String(r.normaliser_version),
  truncated_from: (r) => copyOptional(r.truncated_from),
  flags: (r) => (r.flags.length === 0 ? '{}' : copyTextArray(r.flags)),
  raw_partition: (r) => String(r.raw_partition),
  raw_offset: (r) => String(r.raw_offset),
  replay_id: (r) => (r.replay_id === null ? copyNull : copyText(r.replay_id)),
};

const names = Object.keys(columns);
const encoders = Object.values(columns);
const columnList = names.join(', ');
const updates = names
  .filter((name) => name !== 'timestamp' && name !== 'id')
  .map((name) => `${name} = excluded.${name}`)
  .join(', ');

/**
 * One staging table a session, emptied by each commit; temporary, so it writes no WAL. Each transaction makes sure of it
 * by itself, since PgBouncer may give it another session, and one that another version of this program has used: the
 * name stands for the columns.
 */
const staging = `log_staging_${createHash('sha256').update(columnList).digest('hex').slice(0, 8)}`;
const createStaging = `create temporary table if not exists ${staging} (like logs) on commit delete rows`;
/**
 * A day that somebody has compressed by hand takes late rows still. TimescaleDB unpacks the segments that a row may
 * conflict with, and refuses by this limit where they hold many rows (0: it does not). PostgreSQL takes the setting
 * without the extension too.
 * https://www.tigerdata.com/docs/api/latest/configuration/
 */
const unpackAll = 'set local timescaledb.max_tuples_decompressed_per_dml_transaction = 0';
/**
 * Rows that stand already are left out before they can conflict: what is read again would unpack whole days to change
 * nothing. Each is looked up by itself, in its own partition. The conflict is decided by the key all the same, for rows
 * that somebody else writes meanwhile.
 */
const merge = `insert into logs (${columnList}) select ${columnList} from ${staging} as staged
  where coalesce((select logs.normaliser_version from logs
    where logs.timestamp = staged.timestamp and logs.id = staged.id
      and logs.timestamp between $1 and $2), -1) < staged.normaliser_version
  on conflict (timestamp, id) do update set ${updates} where excluded.normaliser_version > logs.normaliser_version`;

/**
 * Writes records in the transaction that is open on the client: COPY into a staging table, then one upsert. A record
 * that is there already is replaced by a higher normaliser version and left alone by an equal or lower one.
 *
 * @returns how many rows were added or replaced.
 */
export async function upsertLogs(client: pg.ClientBase, records: readonly LogRecord[]): Promise<number> {
  if (records.length === 0) return 0;
  await client.query(`${createStaging}; ${unpackAll}`);
  const copy = client.query(copyFrom(`copy ${staging} (${columnList}) from stdin`));
  // A connection that was given up may still say why, when nobody waits for the copy any more; unheard, that ends the process.
  copy.on('error', () => undefined);
  await pipeline(Readable.from(copyChunks(newestOfEach(records))), copy);
  const { rowCount } = await client.query(merge, timeBounds(records));
  return rowCount ?? 0;
}

/** The first and the last time, for PostgreSQL. */
function timeBounds(records: readonly LogRecord[]): [first: string, last: string] {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { timestamp } of records) {
    first = Math.min(first, timestamp);
    last = Math.max(last, timestamp);
  }
  return [copyTimestamp(first), copyTimestamp(last)];
}

/** One statement can touch a row once, so of records with the same key only the newest version goes in. */
function newestOfEach(records: readonly LogRecord[]): Iterable<LogRecord> {
  const byKey = new Map<string, LogRecord>();
  for (const record of records) {
    const key = `${record.timestamp}/${record.id}`;
    const other = byKey.get(key);
    if (!other || record.normaliser_version > other.normaliser_version) byKey.set(key, record);
  }
  return byKey.values();
}

const chunkCharacters = 256 * 1024;

function* copyChunks(records: Iterable<LogRecord>): Generator<Buffer> {
  let text = '';
  for (const record of records) {
    for (let index = 0; index < encoders.length; index += 1) {
      if (index > 0) text += '\t';
      text += encoders[index]!(record);
    }
    text += '\n';
    if (text.length > chunkCharacters) {
      yield Buffer.from(text);
      text = '';
    }
  }
  if (text !== '') yield Buffer.from(text);
}
