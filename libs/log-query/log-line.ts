import { levelOf, levels } from '@tailrace/log-record/level.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { providerSymbols } from '@tailrace/schemas/generated/provider.ts';
import { type output, z } from 'zod';
import { isoNanos } from './iso-time.ts';

/** A log record as the API and the WebSocket give it: the same JSON for a live line and a stored one. */
export const logLine = z
  .object({
    id: z.string(),
    /** The provider's event time, RFC 3339 with as many digits as the provider has. */
    timestamp: z.string(),
    observed_timestamp: z.string(),
    ingest_timestamp: z.string(),
    severity_number: z.int(),
    severity_text: z.string(),
    level: z.enum(levels).nullable(),
    body: z.string(),
    trace_id: z.string().nullable(),
    span_id: z.string().nullable(),
    project_id: z.string(),
    connection_id: z.string(),
    provider: z.enum(providerSymbols),
    stream: z.string(),
    resource: z.record(z.string(), z.string()),
    attributes: z.record(z.string(), z.string()),
    parser: z.string(),
    normaliser_version: z.int(),
    truncated_from: z.int().nullable(),
    flags: z.array(z.string()),
    raw: z.object({ topic: z.string(), partition: z.int(), offset: z.int() }),
    replay_id: z.string().nullable(),
  })
  .meta({ id: 'LogLine' });

export type LogLine = output<typeof logLine>;

export function toLogLine(record: LogRecord): LogLine {
  return {
    id: record.id,
    timestamp: isoNanos(record.timestamp, record.timestamp_nanos),
    observed_timestamp: isoNanos(record.observed_timestamp),
    ingest_timestamp: isoNanos(record.ingest_timestamp),
    severity_number: record.severity_number,
    severity_text: record.severity_text,
    level: levelOf(record.severity_number) ?? null,
    body: record.body,
    trace_id: record.trace_id,
    span_id: record.span_id,
    project_id: record.project_id,
    connection_id: record.connection_id,
    provider: record.provider,
    stream: record.stream,
    resource: record.resource,
    attributes: record.attributes,
    parser: record.parser,
    normaliser_version: record.normaliser_version,
    truncated_from: record.truncated_from,
    flags: [...record.flags],
    raw: { topic: `logs.raw.${record.provider}`, partition: record.raw_partition, offset: record.raw_offset },
    replay_id: record.replay_id,
  };
}
