import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';

/** The columns of `logs` as `LogRow` has them. Times are microseconds since the epoch, which a JavaScript Date would cut. */
export const logColumns = `project_id, connection_id, provider, ${micros('timestamp')}, timestamp_nanos, id::text as id,
  ${micros('observed_timestamp')}, ${micros('ingest_timestamp')}, severity_number, severity_text, body, trace_id, span_id,
  resource, attributes, stream, parser, normaliser_version, truncated_from, flags, raw_partition, raw_offset, replay_id`;

/** A row of `logs`, read with `logColumns`. */
export type LogRow = LogRecord;

/** The record that a row was written from. */
export function toRecord(row: LogRow): LogRecord {
  return { ...row, id: row.id.replaceAll('-', '') };
}

function micros(column: string): string {
  return `(extract(epoch from ${column}) * 1000000)::bigint as ${column}`;
}
