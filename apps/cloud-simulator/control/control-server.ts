import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { messageOf, TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { Simulator } from '../simulator.ts';
import { ledgerEntry, matches } from '../store/ledger.ts';
import { type ListeningService, listen, readBody } from '../wire/http-service.ts';
import { ControlError, checked, ledgerQuery, routes } from './route.ts';

/** The largest body, bytes: a POST /emit of many events. */
const largestBody = 64 * 1024 * 1024;

/**
 * Serves the control API: what `Simulator` offers, to other processes. JSON in and out, errors as `{"error": "…"}`.
 * `GET /ledger/stream` is NDJSON: the kept entries that the query chooses, then each new one as it is emitted.
 */
export async function serveControl(
  simulator: Simulator,
  address: { readonly host: string; readonly port: number },
): Promise<ListeningService> {
  const server = createServer((message, response) => {
    answer(simulator, message, response).catch((error: unknown) => refuse(response, error));
  });
  const port = await listen(server, address);
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(simulator: Simulator, message: IncomingMessage, response: ServerResponse): Promise<void> {
  refusePages(message);
  const { pathname, searchParams } = new URL(message.url ?? '/', 'http://control');
  const parameters = Object.fromEntries(searchParams);
  if (message.method === 'GET' && pathname === '/ledger/stream') {
    streamLedger(simulator, parameters, response);
    return;
  }
  const key = `${message.method} ${pathname}`;
  const handler = Object.hasOwn(routes, key) ? routes[key] : undefined;
  if (handler === undefined) {
    throw new ControlError(
      404,
      `There is no ${key}. There are: ${[...Object.keys(routes), 'GET /ledger/stream'].join(', ')}.`,
    );
  }
  send(response, 200, handler({ simulator, parameters, body: parsed(await readBody(message, largestBody)) }));
}

/**
 * Nothing of a web page may steer the simulator: neither one of another origin, nor one whose name was made to point at
 * this machine. Such a name has a dot; those of a local network and addresses are not a page's to choose.
 */
function refusePages({ headers }: IncomingMessage): void {
  const { host = '', origin } = headers;
  const name = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : '';
  const isLocal = isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0 || (name !== '' && !name.includes('.'));
  if (!isLocal) throw new ControlError(403, 'The Host must be an address or a name of the local network.');
  if (origin !== undefined || headers['sec-fetch-site'] === 'cross-site')
    throw new ControlError(403, 'Web pages may not use the control API.');
}

function streamLedger(
  simulator: Simulator,
  parameters: Readonly<Record<string, string>>,
  response: ServerResponse,
): void {
  const { limit: _, ...filter } = checked(ledgerQuery, parameters);
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  const write = (entry: object) => response.write(`${JSON.stringify(entry)}\n`);
  for (const entry of simulator.ledger.entries(filter)) write(entry);
  response.flushHeaders();
  const unlisten = simulator.ledger.listen((events) => {
    for (const event of events) if (matches(event, filter)) write(ledgerEntry(event));
  });
  response.once('close', unlisten);
}

function parsed(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new ControlError(400, 'The body is not JSON.');
  }
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const status = error instanceof ControlError ? error.status : error instanceof TailraceError ? 422 : 500;
  send(response, status, { error: messageOf(error) });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
