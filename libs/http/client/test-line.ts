import type { LogLine } from '../contract/generated.ts';

/** A whole line of the server's, with what matters to a test. */
export function testLine(fields: Partial<LogLine> & Pick<LogLine, 'id'>): LogLine {
  const time = '2026-01-31T08:00:00.000Z';
  return {
    timestamp: time,
    observed_timestamp: time,
    ingest_timestamp: time,
    severity_number: 9,
    severity_text: 'INFO',
    level: 'info',
    body: 'a line',
    trace_id: null,
    span_id: null,
    project_id: 'shop',
    connection_id: 'conn_1',
    provider: 'aws',
    stream: 's',
    resource: {},
    attributes: {},
    parser: 'plain',
    normaliser_version: 1,
    truncated_from: null,
    flags: [],
    raw: { topic: 'logs.raw.aws', partition: 0, offset: 0 },
    replay_id: null,
    ...fields,
  };
}
