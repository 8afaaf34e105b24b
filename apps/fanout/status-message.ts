import { isoNanos } from '@tailrace/log-query/iso-time.ts';
import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import type { ServerMessage } from './protocol.ts';

/** How a connection does, for people who watch it: the fields that say whether what they see is whole and fresh. */
export function statusMessage(status: ConnectionStatus): ServerMessage {
  const { connection_id, state, events_per_second, lag_ms, complete_up_to, last_error } = status;
  return {
    type: 'status',
    connection: {
      id: connection_id,
      state,
      state_since: isoNanos(status.state_since),
      events_per_second,
      lag_ms,
      complete_up_to: complete_up_to === null ? null : isoNanos(complete_up_to),
      last_error: last_error && {
        ...last_error,
        at: isoNanos(last_error.at),
        retry_at: last_error.retry_at && isoNanos(last_error.retry_at),
      },
    },
  };
}
