import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';

/** An error of one connection, for tests of what rules make of lines. `number` gives its id. */
export function testLine(number: number, changes: Partial<LogRecord> = {}): LogRecord {
  return {
    id: `line${String(number).padStart(8, '0')}`,
    project_id: 'shop',
    connection_id: 'conn_a',
    provider: 'aws',
    timestamp: 0,
    timestamp_nanos: 0,
    observed_timestamp: 0,
    ingest_timestamp: 0,
    severity_number: 17,
    severity_text: '',
    body: 'broken',
    trace_id: null,
    span_id: null,
    resource: {},
    attributes: {},
    stream: 's',
    parser: 'plain',
    normaliser_version: 1,
    truncated_from: null,
    flags: [],
    raw_partition: 0,
    raw_offset: 0,
    replay_id: null,
    ...changes,
  };
}
