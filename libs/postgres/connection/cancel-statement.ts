import { connect } from 'node:net';
import type pg from 'pg';

const cancelRequestCode = 80_877_102;
const withinMs = 5000;

/**
 * Asks the server to cancel what a connection is doing, which then fails with 57014 and stays usable. The request takes a
 * connection of its own, without TLS, which servers accept for it alone; PgBouncer passes it on to the right server
 * (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS). When it does not get
 * through, the limits of the statement end it a little later.
 */
export function cancelStatement(client: pg.Client): void {
  const { host, port } = client;
  const key: object = client;
  if (!('processID' in key && 'secretKey' in key)) return;
  const { processID, secretKey } = key;
  if (typeof processID !== 'number' || typeof secretKey !== 'number') return;
  const request = Buffer.alloc(16);
  request.writeInt32BE(request.length, 0);
  request.writeInt32BE(cancelRequestCode, 4);
  request.writeInt32BE(processID, 8);
  request.writeInt32BE(secretKey, 12);
  const socket = connect(host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port });
  socket.setTimeout(withinMs, () => socket.destroy());
  socket.on('error', () => undefined);
  socket.end(request);
}
