import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import type pg from 'pg';
import { copyTimestamp } from '../copy-text.ts';

/** An event of alerting: the row takes it over when its sequence is higher than the row's. */
const upsert = `insert into alerts (id, project_id, rule_id, severity, status, started_at, sequence, snapshot)
  select id, project_id, rule_id, severity, status, started_at, sequence, snapshot
  from jsonb_to_recordset($1) as event(id text, project_id text, rule_id text, severity text, status text,
    started_at timestamptz, sequence bigint, snapshot jsonb)
  on conflict (id) do update set project_id = excluded.project_id, rule_id = excluded.rule_id,
    severity = excluded.severity, status = excluded.status, started_at = excluded.started_at,
    sequence = excluded.sequence, snapshot = excluded.snapshot
  where excluded.sequence > alerts.sequence`;

/** Somebody has seen it: the first who did stays, and nothing else changes. */
const markRead = `update alerts set read_at = event.read_at, read_by = event.read_by
  from jsonb_to_recordset($1) as event(id text, read_at timestamptz, read_by text)
  where alerts.id = event.id and alerts.read_at is null`;

/** Alerts of one statement: each holds up to ten lines. */
const chunkSize = 500;

/**
 * Writes events of alerts, in the order of their partition, in the transaction that is open on the client. An event that
 * was written already changes nothing. A `read` of an alert that is not stored (any more) says nothing.
 */
export async function upsertAlerts(client: pg.ClientBase, events: readonly Alert[]): Promise<void> {
  await inChunks(client, upsert, [...newestOfEach(events)].map(toRow));
  await inChunks(client, markRead, [...firstReadOfEach(events)].map(toRead));
}

/** One statement can touch a row once, so of each alert only the event with the highest sequence goes in. */
function newestOfEach(events: readonly Alert[]): Iterable<Alert> {
  const byId = new Map<string, Alert>();
  for (const event of events) {
    if (event.event === 'read') continue;
    const other = byId.get(event.id);
    if (!other || event.sequence > other.sequence) byId.set(event.id, event);
  }
  return byId.values();
}

function firstReadOfEach(events: readonly Alert[]): Iterable<Alert> {
  const byId = new Map<string, Alert>();
  for (const event of events) if (event.event === 'read' && !byId.has(event.id)) byId.set(event.id, event);
  return byId.values();
}

function toRow(event: Alert): object {
  const { id, project_id, rule_id, severity, status, sequence } = event;
  const started_at = copyTimestamp(event.started_at);
  return { id, project_id, rule_id, severity, status, started_at, sequence, snapshot: event };
}

function toRead({ id, happened_at, read_by }: Alert): object {
  return { id, read_at: copyTimestamp(happened_at), read_by };
}

async function inChunks(client: pg.ClientBase, sql: string, rows: readonly object[]): Promise<void> {
  for (let index = 0; index < rows.length; index += chunkSize) {
    await client.query(sql, [JSON.stringify(rows.slice(index, index + chunkSize), storable)]);
  }
}

/** jsonb refuses NUL although JSON allows it. */
function storable(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value;
}
