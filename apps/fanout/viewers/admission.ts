import type { IncomingMessage } from 'node:http';
import { isSameOrigin } from '@tailrace/http/access/same-origin.ts';
import type { SessionVerifier } from '@tailrace/http/access/sessions.ts';
import { type Principal, projectIdSchema } from '@tailrace/http/access/tokens.ts';
import { Problem } from '@tailrace/http/problem.ts';
import { readFilterText } from '@tailrace/log-query/filter-text.ts';
import type { LogFilter } from '@tailrace/log-query/log-filter.ts';

const path = /^\/api\/v1\/live-logs\/ws\/([^/]{1,200})$/;
/** What a browser, which cannot set headers, may offer to carry its token out of the address. */
const tokenProtocol = /^bearer\.([A-Za-z0-9._~+/=-]+)$/;

export interface AdmissionOptions {
  /** Origins of web pages that may connect besides this server's own; `*` lets any. */
  readonly allowedOrigins: readonly string[];
  /** @throws Problem when the token, or the ticket for this project, is not valid. */
  readonly verifyToken: (token: string) => Promise<Principal>;
  readonly redeemTicket: (ticket: string, projectId: string) => Promise<Principal>;
  readonly sessions: SessionVerifier;
}

/** A handshake that was accepted. */
export interface Admission {
  readonly principal: Principal;
  readonly project: string;
  readonly filter: LogFilter;
  readonly from: string | undefined;
  readonly paused: boolean;
}

/** @throws Problem when this client may not connect. */
export async function admit(request: IncomingMessage, options: AdmissionOptions): Promise<Admission> {
  const url = addressOf(request);
  const project = projectOf(url);
  checkOrigin(request, options.allowedOrigins);
  const principal = await authenticate(options, request, url, project);
  if (!principal.projects.includes(project)) throw new Problem(404);
  return {
    principal,
    project,
    filter: filterOf(url.searchParams.get('filter')),
    from: url.searchParams.get('from') ?? 'now',
    paused: url.searchParams.get('paused') === '1',
  };
}

function addressOf(request: IncomingMessage): URL {
  const address = request.url ?? '/';
  if (!URL.canParse(address, 'http://host')) throw new Problem(404);
  return new URL(address, 'http://host');
}

function projectOf({ pathname }: URL): string {
  try {
    const project = projectIdSchema.safeParse(decodeURIComponent(path.exec(pathname)?.[1] ?? ''));
    if (project.success) return project.data;
  } catch {
    // A broken escape names no project either.
  }
  throw new Problem(404);
}

/** Browsers send the page's Origin; anything else sends none. A page of another site must not use a person's ticket. */
function checkOrigin(request: IncomingMessage, allowed: readonly string[]): void {
  const { origin, host } = request.headers;
  if (origin === undefined || allowed.includes('*') || allowed.includes(origin)) return;
  if (URL.canParse(origin) && new URL(origin).host === host) return;
  throw new Problem(403, { detail: 'Pages of this origin may not connect.' });
}

async function authenticate(
  { verifyToken, redeemTicket, sessions, allowedOrigins }: AdmissionOptions,
  request: IncomingMessage,
  url: URL,
  project: string,
): Promise<Principal> {
  const ticket = url.searchParams.get('ticket');
  if (ticket !== null) return redeemTicket(ticket, project);
  const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim());
  const token =
    bearer ?? offered.flatMap((each) => tokenProtocol.exec(each)?.[1] ?? [])[0] ?? url.searchParams.get('token');
  if (token !== null) return verifyToken(token);
  const session = sessions.valueOf(request.headers.cookie);
  if (session === undefined) {
    throw new Problem(401, {
      detail: 'Send a ticket, a bearer token, the subprotocol bearer.<token>, or the cookie of a session.',
    });
  }
  requireOwnPage(request, allowedOrigins);
  return sessions.verify(session);
}

/**
 * A browser sends the cookie whichever page opens the WebSocket, and no other rule keeps another origin from reading what
 * comes (cross-site WebSocket hijacking): only this server's own pages may use it, and those named one by one, not `*`.
 */
function requireOwnPage({ headers }: IncomingMessage, allowed: readonly string[]): void {
  const { origin, host } = headers;
  if (isSameOrigin(headers, host) || (origin !== undefined && origin !== '*' && allowed.includes(origin))) return;
  throw new Problem(403, { detail: 'With the cookie of a session, only pages of this server may connect.' });
}

function filterOf(text: string | null): LogFilter {
  if (text === null) return {};
  const read = readFilterText(text, 'filter');
  if ('problem' in read) throw new Problem(422, read.problem);
  return read;
}
