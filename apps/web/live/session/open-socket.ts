import { apiPrefix } from '@tailrace/http/client/api-calls.ts';
import type { Socket, SocketListener } from '@tailrace/http/client/lasting-socket.ts';

/**
 * Opens the WebSocket of a project, following nothing yet. The browser sends the session's cookie; without one, the
 * token goes in the subprotocol header, so that it is in no address that a proxy would log.
 */
export function openSocket(project: string, token: string | undefined, { onText, onClose }: SocketListener): Socket {
  const address = new URL(`${apiPrefix}ws/${encodeURIComponent(project)}?paused=1`, location.href);
  address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(address, ['tailrace.v1', ...(token === undefined ? [] : [`bearer.${token}`])]);
  socket.addEventListener('message', ({ data }) => onText(String(data)));
  socket.addEventListener('close', ({ code, reason }) => onClose(code, reason));
  return { send: (text) => socket.send(text), close: () => socket.close() };
}
