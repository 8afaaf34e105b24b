import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** What a server has open, for an orderly stop. */
export interface OpenConnections {
  /** Resolves when no request is unanswered, or after `timeoutMs`. */
  answered(timeoutMs: number): Promise<void>;
  /** Cuts every socket, upgraded ones included: Node no longer counts those as the server's. */
  cut(): void;
}

/** Watches a server's sockets and requests. Call before it listens. */
export function watchConnections(server: Server): OpenConnections {
  const sockets = new Set<Socket>();
  let unanswered = 0;
  let idle: (() => void) | undefined;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', (_request, response) => {
    unanswered++;
    response.once('close', () => {
      if (--unanswered === 0) idle?.();
    });
  });
  return {
    answered(timeoutMs) {
      if (unanswered === 0) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        idle = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
