import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { clientAddress, limitKey } from './client-address.ts';

/** How long a peer may take nothing of what waits for it, or an upgrade may be looked at, ms; it is noticed within twice that. */
const usualStandstillMs = 15_000;
/** How slowly a peer may read an answer, bytes a second, beyond a standstill. */
const slowestReader = 64 * 1024;
/** How long a refused peer may take to read why, and then to close. */
const refusalMs = 5000;
const lingerMs = 500;

export interface ConnectionLimits {
  /** Connections of one address at once. */
  readonly perAddress: number;
  /** Proxies of ours before this server. With any, all connections are theirs: then upgraded ones are counted, by the client's address. */
  readonly trustedHops: number;
  /** How long a peer may take nothing of what waits for it, ms; 15 s when left out. */
  readonly standstillMs?: number;
  /** Called for each connection that is cut: for metrics. */
  readonly onCut: (reason: 'address_limit' | 'unread') => void;
}

/** A server's sockets: how many one address may have, how long one may stand still, and an orderly stop. */
export interface OpenConnections {
  /** Counts an upgraded socket for its client's address until it closes. @returns false when that has too many. */
  admitUpgrade(request: IncomingMessage): boolean;
  /** Resolves when no request is unanswered, or after `timeoutMs`. */
  answered(timeoutMs: number): Promise<void>;
  /** Cuts every socket, upgraded ones included: Node no longer counts those as the server's. */
  cut(): void;
}

/** Watches a server's sockets and requests. Call before it listens. */
export function watchConnections(server: Server, limits: ConnectionLimits): OpenConnections {
  const sockets = new Set<Socket>();
  const unanswered = new Map<Socket, number>();
  const { standstillMs = usualStandstillMs } = limits;
  const held = new AddressCounts(limits.perAddress);
  let idle: (() => void) | undefined;

  server.on('connection', (socket) => {
    if (limits.trustedHops === 0 && !held.add(limitKey(socket.remoteAddress ?? ''), socket)) {
      limits.onCut('address_limit');
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', (request, response) => {
    const { socket } = request;
    unanswered.set(socket, (unanswered.get(socket) ?? 0) + 1);
    response.once('prefinish', () => cutSlowReader(socket, response, standstillMs, limits));
    response.once('close', () => {
      const left = (unanswered.get(socket) ?? 1) - 1;
      if (left > 0) unanswered.set(socket, left);
      else unanswered.delete(socket);
      if (unanswered.size === 0) idle?.();
    });
  });
  // Any byte that is read or taken by the peer restarts the time. A request that is being worked on has all of its own.
  server.timeout = standstillMs;
  server.on('timeout', (socket) => {
    if (unanswered.has(socket) && socket.writableLength === 0) return;
    if (socket.writableLength > 0) limits.onCut('unread');
    socket.destroy();
  });

  return {
    admitUpgrade(request) {
      if (limits.trustedHops === 0) return true;
      return held.add(limitKey(clientAddress(request, limits.trustedHops)), request.socket);
    },
    answered(timeoutMs) {
      if (unanswered.size === 0) return Promise.resolve();
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

/** Cuts a peer that takes a little of its answer now and then, to have it kept for long. */
function cutSlowReader(
  socket: Socket,
  response: ServerResponse,
  standstillMs: number,
  { onCut }: ConnectionLimits,
): void {
  const unread = socket.writableLength;
  if (unread === 0) return;
  const timer = setTimeout(
    () => {
      onCut('unread');
      socket.destroy();
    },
    standstillMs + (unread / slowestReader) * 1000,
  );
  timer.unref();
  response.once('close', () => clearTimeout(timer));
}

/** How many sockets each address has open. */
class AddressCounts {
  readonly #max: number;
  readonly #counts = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** @returns false, and counts nothing, when the address has as many as it may. */
  add(key: string, socket: Socket): boolean {
    const count = this.#counts.get(key) ?? 0;
    if (count >= this.#max) return false;
    this.#counts.set(key, count + 1);
    socket.once('close', () => {
      const left = (this.#counts.get(key) ?? 1) - 1;
      if (left > 0) this.#counts.set(key, left);
      else this.#counts.delete(key);
    });
    return true;
  }
}

/**
 * Sends a last answer on a socket that belongs to no request, and closes it. A server's sockets stay half open after an
 * end, so one whose peer never closes would be held for good; one that is destroyed at once would lose what was sent
 * (RFC 9112, 9.6). So the peer gets a moment to read and to close.
 */
export function answerAndClose(socket: Duplex, answer: string): void {
  if (socket.destroyed) return;
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  let timer = setTimeout(() => socket.destroy(), refusalMs);
  socket.on('error', () => undefined);
  socket.once('close', () => clearTimeout(timer));
  socket.end(answer, () => {
    clearTimeout(timer);
    timer = setTimeout(() => socket.destroy(), lingerMs);
    if (socket.destroyed) clearTimeout(timer);
  });
  // What still comes is thrown away: an end that nobody reads is never noticed.
  socket.resume();
}
