import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Clock } from '../clock.ts';
import type { Fault } from '../faults/fault.ts';
import type { FaultInjector } from '../faults/fault-injector.ts';
import type { Cloud } from '../store/cloud-event.ts';
import type { RequestLog } from './request-log.ts';

/** A whole request. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Left out for 204. */
  readonly body?: string;
  /** For the request log: `ok` or the provider's error code. */
  readonly outcome: string;
}

/** A cloud that speaks HTTP: names a request's operation and answers it. */
export interface HttpCloud {
  readonly cloud: Cloud;
  operationOf(request: HttpRequest): string;
  answer(request: HttpRequest, operation: string): HttpAnswer;
}

export interface HttpServiceParts {
  readonly clock: Clock;
  readonly faults: FaultInjector;
  readonly requests: RequestLog;
}

export interface ListeningService {
  readonly port: number;
  /** Breaks off what is in flight. */
  close(): Promise<void>;
}

/** Bodies above this are refused unread; the largest legal request is a few kilobytes. */
const largestBody = 1024 * 1024;

/** Serves a cloud over HTTP, or HTTPS with a key and certificate, and makes its transport faults. */
export async function serveHttp(
  cloud: HttpCloud,
  parts: HttpServiceParts,
  address: { readonly host: string; readonly port: number },
  tls?: { readonly key: string; readonly cert: string },
): Promise<ListeningService> {
  const listener = (message: IncomingMessage, response: ServerResponse) => {
    response.sendDate = false;
    // A client that goes away in the middle of its request leaves nobody to answer.
    exchange(cloud, parts, message, response).catch(() => response.destroy());
  };
  const server: Server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
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

/** Listens on the port (0: any free one) and answers which one it is. */
export function listen(server: Server, address: { readonly host: string; readonly port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** The whole body; throws when the client breaks off or sends more than is sensible. */
export async function readBody(message: IncomingMessage, largest: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largest) throw new Error('The request body is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function exchange(
  cloud: HttpCloud,
  parts: HttpServiceParts,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(message, largestBody);
  const request = { method: message.method ?? '', path: message.url ?? '', headers: message.headers, body };
  const operation = cloud.operationOf(request);
  const fault = parts.faults.meet(cloud.cloud, operation, 'connection-reset', 'hang', 'delay', 'truncate');
  if (fault?.kind === 'connection-reset' || fault?.kind === 'hang') {
    parts.requests.add(cloud.cloud, operation, fault.kind);
    if (fault.kind === 'connection-reset') reset(message.socket);
    return;
  }
  if (fault?.kind === 'delay') await waited(parts.clock, fault, response);
  const answer = cloud.answer(request, operation);
  parts.requests.add(cloud.cloud, operation, fault?.kind === 'truncate' ? fault.kind : answer.outcome);
  send(response, answer, parts.clock, fault?.kind === 'truncate');
}

/** Resolves after the fault's delay, or at once when the client has gone. */
function waited(clock: Clock, fault: Fault, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.at(clock.now() + (fault.delayMs ?? 1000), resolve);
    response.once('close', () => {
      cancel();
      resolve();
    });
  });
}

function send(response: ServerResponse, answer: HttpAnswer, clock: Clock, cutShort: boolean): void {
  const payload = Buffer.from(answer.body ?? '');
  response.writeHead(answer.status, {
    ...answer.headers,
    date: new Date(clock.now()).toUTCString(),
    ...(answer.body === undefined ? {} : { 'content-length': payload.length }),
  });
  if (!cutShort) response.end(payload);
  else
    response.write(payload.subarray(0, payload.length / 2), () => {
      if (response.socket !== null) reset(response.socket);
    });
}

/** Breaks the connection off; TCP's reset where the socket can send one. */
function reset(socket: Socket): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}
