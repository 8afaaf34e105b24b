import { connectionStateSymbols } from '@tailrace/schemas/generated/connection-state.ts';
import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import { heldBackReasonSymbols } from '@tailrace/schemas/generated/held-back-reason.ts';
import { type output, z } from 'zod';
import { isoNanos } from './iso-time.ts';

const time = z.string().describe('RFC 3339.');

const errorView = z
  .object({
    code: z.string().describe('Stable, such as connector.auth_refused.'),
    message: z.string(),
    help: z.string().nullable(),
    at: time,
    retry_at: time.nullable(),
  })
  .meta({ id: 'ConnectionError' });

const heldBackView = z
  .object({
    reason: z.enum(heldBackReasonSymbols).describe('What "complete up to" waits for.'),
    since: time,
    detail: z.string().describe('The same in plain words.'),
    help: z.string().nullable().describe('What can be done about it.'),
  })
  .meta({ id: 'ConnectionHeldBack' });

/** How a connection does, as the API and the WebSocket give it: the same JSON for what is asked for and what is sent. */
export const connectionStatusView = z
  .object({
    state: z.enum(connectionStateSymbols),
    state_since: time,
    updated_at: time.describe('When the ingest process that owns the connection last said so.'),
    applied_version: z.int().describe('The version it works with; lower than the connection’s own: not in effect yet.'),
    events_per_second: z.number().describe('Over the last minute.'),
    last_event_time: time.nullable(),
    complete_up_to: time
      .nullable()
      .describe('Every event with an earlier event time has been read, by what was measured so far. Never goes back.'),
    lag_ms: z
      .int()
      .nullable()
      .describe(
        'How far reading is behind now: small when caught up, on a quiet source too. Null while it is not read.',
      ),
    quiet_since: time
      .nullable()
      .describe('The source has had no event since, while reading is up to date. Null while events come.'),
    held_back: heldBackView.nullable().describe('Why "complete up to" does not keep up. Null while it does.'),
    last_error: errorView.nullable(),
  })
  .meta({ id: 'ConnectionStatus' });

export type ConnectionStatusView = output<typeof connectionStatusView>;

export function toConnectionStatusView(status: ConnectionStatus): ConnectionStatusView {
  const { state, events_per_second, lag_ms, held_back: heldBack, last_error: error } = status;
  return {
    state,
    state_since: isoNanos(status.state_since),
    updated_at: isoNanos(status.updated_at),
    applied_version: status.connection_version,
    events_per_second,
    last_event_time: isoOrNull(status.last_event_time),
    complete_up_to: isoOrNull(status.complete_up_to),
    lag_ms,
    quiet_since: isoOrNull(status.quiet_since),
    held_back: heldBack && { ...heldBack, since: isoNanos(heldBack.since) },
    last_error: error && { ...error, at: isoNanos(error.at), retry_at: isoOrNull(error.retry_at) },
  };
}

function isoOrNull(micros: number | null): string | null {
  return micros === null ? null : isoNanos(micros);
}
