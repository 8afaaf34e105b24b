import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';

const pingMs = 30_000;

/**
 * Asks every half minute whether somebody is there, and cuts the socket when the last question has not been answered by the
 * next one. Only a pong that bears what the ping bore is an answer: unasked ones may be sent by anybody who never reads
 * (RFC 6455, 5.5.3). @returns what ends it.
 */
export function probe(socket: Pick<WebSocket, 'on' | 'ping' | 'terminate'>): () => void {
  let asked: Buffer | undefined;
  socket.on('pong', (data: Buffer) => {
    if (asked?.equals(data)) asked = undefined;
  });
  const timer = setInterval(() => {
    if (asked) {
      socket.terminate();
      return;
    }
    asked = randomBytes(8);
    socket.ping(asked);
  }, pingMs);
  return () => clearInterval(timer);
}
