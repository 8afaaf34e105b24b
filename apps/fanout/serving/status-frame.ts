import type { ServerFrame } from '@tailrace/http/contract/frames.ts';
import { toConnectionStatusView } from '@tailrace/log-query/connection-status-view.ts';
import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';

/** How a connection does, for people who watch it: the API's own view of it, with the connection's id. */
export function statusFrame(status: ConnectionStatus): ServerFrame {
  return { type: 'status', connection: { id: status.connection_id, ...toConnectionStatusView(status) } };
}
