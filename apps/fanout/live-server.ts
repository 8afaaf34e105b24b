import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Problem } from '@tailrace/http/problem.ts';
import type { Principal } from '@tailrace/http/tokens.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Admission, type AdmissionOptions, admit, refuse } from './admission.ts';
import { Allowance } from './allowance.ts';
import { Outbox } from './outbox.ts';
import type { ServerMessage } from './protocol.ts';
import type { Viewer } from './viewer.ts';

const protocol = 'tailrace.v1';

/** Longest frame a client may send, bytes: 1009 beyond it. */
const maxFrameBytes = 64 * 1024;
/** Messages a client may send in a second, with ten seconds' worth at once: 1008 beyond that. */
const messagesPerSecond = 20;
const tickMs = 5000;
const pingMs = 30_000;

const expired = 4401;

export interface LiveServerOptions extends AdmissionOptions {
  readonly server: Server;
  readonly logger: Logger;
  readonly maxViewers: number;
  readonly openViewer: (projectId: string, outbox: Outbox) => Viewer;
  readonly onViewers: (count: number) => void;
}

export interface LiveServer {
  hasViewers(projectId: string): boolean;
  /** Tells every viewer of a project. */
  tell(projectId: string, message: ServerMessage): void;
  /** Closes every socket with 1001, so that clients come back to another process. */
  close(): Promise<void>;
}

/** The WebSocket endpoint: who may connect, what they may send, and when they are let go. */
export function serveLive(options: LiveServerOptions): LiveServer {
  const { server, logger, onViewers } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxFrameBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(protocol) ? protocol : false),
  });
  const viewers = new Map<Viewer, { readonly project: string; readonly socket: WebSocket }>();

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => undefined);
    admit(request, options)
      .then((admission) => {
        if (viewers.size >= options.maxViewers) {
          throw new Problem(503, { detail: 'This process has as many viewers as it takes.', retryAfterSeconds: 5 });
        }
        sockets.handleUpgrade(request, socket, head, (webSocket) => attend(webSocket, admission));
      })
      .catch((error) => {
        if (!(error instanceof Problem)) logger.error({ err: error }, 'a viewer could not be admitted');
        refuse(socket, error instanceof Problem ? error : new Problem(500));
      });
  };

  function attend(socket: WebSocket, { principal, project, filter, from, paused }: Admission): void {
    const viewer = options.openViewer(project, new Outbox(socket));
    viewers.set(viewer, { project, socket });
    onViewers(viewers.size);
    const allowance = new Allowance(messagesPerSecond);
    let answered = true;
    const tick = setInterval(() => viewer.tick(), tickMs);
    const ping = setInterval(() => {
      if (!answered) return socket.terminate();
      answered = false;
      socket.ping();
    }, pingMs);
    const expiry = setTimeout(() => socket.close(expired, 'the token has expired'), untilExpiry(principal));
    socket.on('pong', () => {
      answered = true;
    });
    socket.on('message', (data, isBinary) => {
      if (!allowance.take()) return socket.close(1008, 'too many messages');
      if (isBinary) return viewer.tell({ type: 'error', code: 'message.invalid', detail: 'send JSON as text' });
      viewer.receive(data.toString());
    });
    // ws closes by itself after a protocol error, with the right code; the listener keeps the process alive.
    socket.on('error', (err) => logger.debug({ err }, 'a viewer broke the protocol'));
    socket.on('close', () => {
      clearInterval(tick);
      clearInterval(ping);
      clearTimeout(expiry);
      viewer.close();
      viewers.delete(viewer);
      onViewers(viewers.size);
    });
    if (!paused) viewer.begin(filter, from);
  }

  server.on('upgrade', upgrade);
  return {
    hasViewers: (projectId) => [...viewers.values()].some(({ project }) => project === projectId),
    tell: (projectId, message) => {
      for (const [viewer, { project }] of viewers) if (project === projectId) viewer.tell(message);
    },
    close: async () => {
      server.off('upgrade', upgrade);
      const closed = [...viewers.values()].map(
        ({ socket }) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
      );
      for (const { socket } of viewers.values()) {
        socket.close(1001, 'the server stops');
        setTimeout(() => socket.terminate(), 1000).unref();
      }
      await Promise.all(closed);
      sockets.close();
    },
  };
}

/** The longest a timer can wait; a token that lives longer is looked at again by whoever reconnects. */
const maxTimerMs = 2 ** 31 - 1;

function untilExpiry(principal: Principal): number {
  return Math.min(maxTimerMs, Math.max(0, principal.expiresAt - Date.now()));
}
