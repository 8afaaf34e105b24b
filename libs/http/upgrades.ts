import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { clientAddress, limitKey } from './limits/client-address.ts';
import { answerAndClose, type OpenConnections } from './limits/connections.ts';
import { refusalPause } from './limits/refusal-pause.ts';
import type { RequestAllowance } from './limits/request-allowance.ts';
import { Problem } from './problem.ts';

/** Takes a socket over. @throws Problem to refuse it. */
export type AcceptUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void>;

export interface UpgradesOptions {
  readonly server: Server;
  readonly connections: OpenConnections;
  readonly allowance: RequestAllowance;
  readonly trustedHops: number;
  readonly logger: Logger;
}

/** Handshakes of WebSockets: limited like requests, before anything is looked at, and closed when they are refused. */
export class Upgrades {
  readonly #options: UpgradesOptions;

  constructor(options: UpgradesOptions) {
    this.#options = options;
  }

  /** Hands every upgrade that comes from now on to `accept`. @returns what ends that. */
  take(accept: AcceptUpgrade): () => void {
    const { server, logger } = this.#options;
    const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => undefined);
      this.#admit(request, socket, head, accept).catch(async (error: unknown) => {
        if (!(error instanceof Problem)) logger.error({ err: error }, 'an upgrade failed');
        const problem = error instanceof Problem ? error : new Problem(500);
        await refusalPause(problem);
        refuse(socket, problem);
      });
    };
    server.on('upgrade', upgrade);
    return () => server.off('upgrade', upgrade);
  }

  async #admit(request: IncomingMessage, socket: Duplex, head: Buffer, accept: AcceptUpgrade): Promise<void> {
    const { allowance, connections, trustedHops } = this.#options;
    const waitMs = allowance.take(limitKey(clientAddress(request, trustedHops)));
    if (waitMs !== undefined) throw tooMany(waitMs);
    if (!connections.admitUpgrade(request)) {
      throw new Problem(429, { detail: 'This address has too many connections open.', retryAfterSeconds: 10 });
    }
    await accept(request, socket, head);
  }
}

/** @param waitMs until the next request is taken. */
export function tooMany(waitMs: number): Problem {
  return new Problem(429, {
    detail: 'Too many requests a minute from one address (HTTP_RATE_LIMIT).',
    retryAfterSeconds: Math.ceil(waitMs / 1000),
  });
}

/** Answers a handshake that is not accepted, with a problem document as any other route would. */
function refuse(socket: Duplex, problem: Problem): void {
  const body = JSON.stringify(problem.document(crypto.randomUUID()));
  const headers = Object.entries({
    ...problem.headers,
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  });
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  answerAndClose(socket, `HTTP/1.1 ${problem.status} ${problem.title}\r\n${lines}\r\n${body}`);
}
