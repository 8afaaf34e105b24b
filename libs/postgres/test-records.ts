import { createHash } from 'node:crypto';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';

/** A record to store in tests. `index` gives its id; everything else may be set. */
export function testRecord(index: number, fields: Partial<LogRecord> = {}): LogRecord {
  const timestamp = fields.timestamp ?? Date.UTC(2026, 0, 1) * 1000 + index * 1_000_000;
  return {
    id: createHash('md5').update(String(index)).digest('hex'),
    project_id: 'demo',
    connection_id: 'conn_a',
    provider: 'aws',
    timestamp,
    timestamp_nanos: 0,
    observed_timestamp: timestamp + 1000,
    ingest_timestamp: timestamp + 2000,
    severity_number: 9,
    severity_text: 'INFO',
    body: `line ${index}`,
    trace_id: null,
    span_id: null,
    resource: { 'service.name': 'shop' },
    attributes: {},
    stream: 'stream-1',
    parser: 'plain',
    normaliser_version: 1,
    truncated_from: null,
    flags: [],
    raw_partition: 0,
    raw_offset: index,
    replay_id: null,
    ...fields,
  };
}
