import { apiPrefix } from '@tailrace/http/client/api-calls.ts';
import type { Socket, SocketListener } from '@tailrace/http/client/lasting-socket.ts';
import { WebSocket } from 'ws';
import { refusal } from './api-client.ts';

interface SocketAddress {
  readonly url: URL;
  readonly project: string;
  readonly token: () => Promise<string>;
}

/** Close code of a connection that ended without a word (RFC 6455, 7.4.1). */
const lost = 1006;

/**
 * Opens the WebSocket of a project, following nothing yet. While lines are being taken nothing more is read from it.
 * @param onRefused called when there is no token, or the server will never have it: no such project, a bad token.
 */
export function openSocket(
  { url, project, token }: SocketAddress,
  listener: SocketListener,
  onRefused: (error: unknown) => void,
): Socket {
  const address = new URL(`${apiPrefix}ws/${encodeURIComponent(project)}?paused=1`, url);
  address.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  let socket: WebSocket | undefined;
  let isClosed = false;
  token().then((bearer) => {
    if (isClosed) return;
    socket = new WebSocket(address, { headers: { authorization: `Bearer ${bearer}` } });
    attend(socket, listener, onRefused);
  }, onRefused);
  return {
    send: (text) => socket?.send(text),
    close: () => {
      isClosed = true;
      socket?.terminate();
    },
  };
}

function attend(socket: WebSocket, listener: SocketListener, onRefused: (error: unknown) => void): void {
  let isOver = false;
  const close = (code: number, reason: string) => {
    if (isOver) return;
    isOver = true;
    listener.onClose(code, reason);
  };
  let taking = 0;
  socket.on('message', (data) => {
    const taken = listener.onText(data.toString());
    if (!taken) return;
    taking += 1;
    socket.pause();
    void taken.then(() => {
      taking -= 1;
      if (taking === 0) socket.resume();
    });
  });
  socket.on('unexpected-response', (_request, response) => {
    const status = response.statusCode ?? 0;
    let body = '';
    response.on('data', (part) => {
      body += part;
    });
    response.on('close', () => {
      const isTemporary = status >= 500 || status === 429;
      if (isTemporary) close(lost, `the server answered ${status}`);
      else {
        isOver = true;
        onRefused(refusal(status, parsed(body)));
      }
      socket.terminate();
    });
  });
  socket.on('error', (error) => close(lost, error.message || 'connection refused'));
  socket.on('close', (code, reason) => close(code, reason.toString() || `code ${code}`));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
