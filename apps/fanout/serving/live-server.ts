import type { Principal } from '@tailrace/http/access/tokens.ts';
import type { ServerFrame } from '@tailrace/http/contract/frames.ts';
import { type Caller, FairQueue } from '@tailrace/http/limits/fair-queue.ts';
import { Problem } from '@tailrace/http/problem.ts';
import type { AcceptUpgrade, Upgrades } from '@tailrace/http/upgrades.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Admission, type AdmissionOptions, admit } from '../viewers/admission.ts';
import { Allowance, SharedAllowances } from '../viewers/allowance.ts';
import { SendBuffer } from '../viewers/send-buffer.ts';
import type { Viewer } from '../viewers/viewer.ts';
import { probe } from './probe.ts';

const protocol = 'tailrace.v1';

/** Longest frame a client may send, bytes: 1009 beyond it. */
const maxFrameBytes = 64 * 1024;
/** Messages, pings and pongs that a client may send in a second, with ten seconds' worth at once: 1008 beyond that. */
const messagesPerSecond = 20;
/** Of all sockets of one token together: what is more is dropped, with an error. */
const messagesPerSecondOfToken = 60;
const tickMs = 5000;

const expired = 4401;
/** The viewer does not read what it is sent. */
const unread = 4408;
/** How long a socket that is closed may take to close before it is cut, milliseconds. */
const closingMs = 5000;

export interface LiveServerOptions extends AdmissionOptions {
  readonly upgrades: Upgrades;
  readonly logger: Logger;
  readonly maxViewers: number;
  readonly maxViewersPerProject: number;
  /** Of one token's subject, over all its projects. */
  readonly maxViewersPerToken: number;
  readonly openViewer: (caller: Caller, sendBuffer: SendBuffer) => Viewer;
  /** Called for each viewer that is refused because its project or token has as many as it may. */
  readonly onRefused: () => void;
  readonly onViewers: (count: number) => void;
}

export interface LiveServer {
  hasViewers(projectId: string): boolean;
  /** Sends to every viewer of a project. */
  tell(projectId: string, message: ServerFrame): void;
  /** Closes every socket with 1001, so that clients come back to another process. */
  close(): Promise<void>;
}

/** The WebSocket endpoint: who may connect, what they may send, and when they are let go. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: what happens to a socket from its upgrade on, in that order.
export function serveLive(options: LiveServerOptions): LiveServer {
  const { logger, onViewers } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxFrameBytes,
    perMessageDeflate: false,
    autoPong: false,
    handleProtocols: (offered) => (offered.has(protocol) ? protocol : false),
  });
  const viewers = new Map<
    Viewer,
    { readonly project: string; readonly socket: WebSocket; readonly sendBuffer: SendBuffer }
  >();
  const places = new FairQueue({
    plural: 'viewers',
    atOnce: options.maxViewers,
    perProject: options.maxViewersPerProject,
    perSubject: options.maxViewersPerToken,
    waiting: 0,
    retryAfterSeconds: 10,
    onRefused: options.onRefused,
  });
  const rates = new SharedAllowances(messagesPerSecondOfToken);

  const upgrade: AcceptUpgrade = async (request, socket, head) => {
    const admission = await admit(request, options);
    if (viewers.size >= options.maxViewers) {
      throw new Problem(503, { detail: 'This process has reached its viewer limit.', retryAfterSeconds: 5 });
    }
    const caller = { project: admission.project, subject: admission.principal.subject };
    const leave = await places.enter(caller, new AbortController().signal);
    // Also when the handshake itself comes to nothing.
    socket.once('close', leave);
    if (socket.destroyed) return leave();
    sockets.handleUpgrade(request, socket, head, (webSocket) => attend(webSocket, admission));
  };

  function unreadOf(wanted: string): number {
    let bytes = 0;
    for (const { project, sendBuffer } of viewers.values()) if (project === wanted) bytes += sendBuffer.unread;
    return bytes;
  }

  function attend(socket: WebSocket, { principal, project, filter, from, paused }: Admission): void {
    const { subject } = principal;
    const sendBuffer = new SendBuffer({
      socket,
      unreadOfProject: () => unreadOf(project),
      onOverflow: () => {
        logger.info({ project }, 'a viewer does not read what it is sent: closing it');
        close(socket, unread, 'too much was sent that was not read');
      },
    });
    const viewer = options.openViewer({ project, subject }, sendBuffer);
    viewers.set(viewer, { project, socket, sendBuffer });
    onViewers(viewers.size);
    const allowance = new Allowance(messagesPerSecond);
    const rate = rates.join(subject);
    const tick = setInterval(() => viewer.tick(), tickMs);
    const stopProbing = probe(socket);
    const expiry = setTimeout(() => close(socket, expired, 'the token has expired'), untilExpiry(principal));
    const flooded = () => {
      const isTooMuch = !allowance.take();
      if (isTooMuch) close(socket, 1008, 'too many messages');
      return isTooMuch;
    };
    socket.on('pong', flooded);
    socket.on('ping', (data) => {
      // What nobody reads is not added to.
      if (!flooded() && !sendBuffer.isFull && socket.readyState === socket.OPEN) socket.pong(data);
    });
    socket.on('message', (data, isBinary) => {
      if (flooded()) return;
      if (isBinary) return viewer.tell({ type: 'error', code: 'message.invalid', detail: 'send JSON as text' });
      if (rate.take()) return viewer.receive(data.toString());
      const detail = 'the sockets of this token send too many messages: this one was dropped';
      viewer.tell({ type: 'error', code: 'message.busy', detail, retry_after_seconds: 1 });
    });
    // ws closes by itself after a protocol error, with the right code; the listener keeps the process alive.
    socket.on('error', (err) => logger.debug({ err }, 'a viewer broke the protocol'));
    socket.on('close', () => {
      clearInterval(tick);
      stopProbing();
      clearTimeout(expiry);
      rates.leave(subject);
      viewer.close();
      viewers.delete(viewer);
      onViewers(viewers.size);
    });
    if (!paused) viewer.begin(filter, from);
  }

  const takeNoMore = options.upgrades.take(upgrade);
  return {
    hasViewers: (projectId) => [...viewers.values()].some(({ project }) => project === projectId),
    tell: (projectId, message) => {
      for (const [viewer, { project }] of viewers) if (project === projectId) viewer.tell(message);
    },
    close: async () => {
      takeNoMore();
      const closed = [...viewers.values()].map(
        ({ socket }) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
      );
      for (const { socket } of viewers.values()) close(socket, 1001, 'the server stops', 1000);
      await Promise.all(closed);
      sockets.close();
    },
  };
}

/** Closes a socket, and cuts it when what waits in it is not read. */
function close(socket: WebSocket, code: number, reason: string, withinMs = closingMs): void {
  socket.close(code, reason);
  setTimeout(() => socket.terminate(), withinMs).unref();
}

/** The longest a timer can wait; a token that lives longer is checked again when the client reconnects. */
const maxTimerMs = 2 ** 31 - 1;

function untilExpiry(principal: Principal): number {
  return Math.min(maxTimerMs, Math.max(0, principal.expiresAt - Date.now()));
}
