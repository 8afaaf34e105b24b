import { isoNanos } from '@tailrace/log-query/iso-time.ts';
import { recordId } from '@tailrace/log-record/record-id.ts';
import { providerSymbols } from '@tailrace/schemas/generated/provider.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { z } from 'zod';

/** Of a payload, UTF-16 code units: any event of a cloud is smaller, and an answer stays bounded whatever a topic holds. */
export const maxPayloadLength = 1024 * 1024;

export const rawEventView = z
  .object({
    id: z.string().describe('Of the line that it becomes.'),
    connection_id: z.string(),
    provider: z.enum(providerSymbols),
    event_id: z.string().describe('The provider’s own identity of the event.'),
    timestamp: z.string().describe('The provider’s event time, RFC 3339.'),
    observed_timestamp: z.string().describe('When the provider ingested it.'),
    ingest_timestamp: z.string().describe('When Tailrace read it.'),
    source: z.record(z.string(), z.string()).describe('Where it came from, as the connection knows it.'),
    stream: z.string(),
    payload: z.string().describe('The provider’s event as it came, as JSON text.'),
    payload_bytes: z.int().describe('Its size in UTF-8.'),
    is_cut: z.boolean().describe('Whether the payload is longer than what is given here.'),
    rewind_id: z.string().nullable().describe('Set when a rewound source was read again.'),
  })
  .meta({ id: 'RawEvent' });

/** A raw event as its project's people see it. */
export function toRawEventView(event: RawEvent): z.output<typeof rawEventView> {
  const { payload } = event;
  const shown = payload.slice(0, maxPayloadLength);
  return {
    id: recordId(event.connection_id, event.event_id),
    connection_id: event.connection_id,
    provider: event.provider,
    event_id: event.event_id,
    timestamp: isoNanos(event.timestamp, event.timestamp_nanos),
    observed_timestamp: isoNanos(event.observed_timestamp),
    ingest_timestamp: isoNanos(event.ingest_timestamp),
    source: { ...event.source },
    stream: event.stream,
    // A cut through a pair of surrogates leaves none of it.
    payload: shown.length < payload.length ? shown.replace(/[\ud800-\udbff]$/, '') : shown,
    payload_bytes: Buffer.byteLength(payload),
    is_cut: shown.length < payload.length,
    rewind_id: event.rewind_id,
  };
}
