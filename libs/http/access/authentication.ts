import type { FastifyRequest } from 'fastify';
import { Problem, problemSchema } from '../problem.ts';
import type { HttpServer } from '../server.ts';
import { isSameOrigin } from './same-origin.ts';
import type { Session, SessionVerifier } from './sessions.ts';
import { type Principal, type ProjectRole, projectRoles, type TokenVerifier } from './tokens.ts';
import { unauthenticated } from './unauthenticated.ts';

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal | null;
    /** The project that the request has been found to be about. */
    requestedProject: string | null;
    /** The session of a request that a browser's cookie let in; null for a bearer token. */
    session: Session | null;
  }
  interface FastifySchema {
    'x-required-role'?: ProjectRole;
  }
  interface FastifyContextConfig {
    /** Least role that may call the route; viewer when left out. */
    role?: ProjectRole;
  }
}

/** The two ways to say who one is. */
export interface Authentication {
  readonly verifyToken: TokenVerifier;
  readonly sessions: SessionVerifier;
}

/**
 * Makes every route of this scope require a bearer token or a session's cookie, and the role that its `config.role`
 * names. Call it before the scope's routes are registered.
 */
export function requireToken(scope: HttpServer, authentication: Authentication): void {
  scope.decorateRequest('principal', null);
  scope.decorateRequest('session', null);
  scope.addHook('onRoute', (route) => {
    route.schema = {
      ...route.schema,
      security: [{ bearer: [] }, { session: [] }],
      'x-required-role': route.config?.role ?? 'viewer',
      description: [route.schema?.description, `Requires the role ${route.config?.role ?? 'viewer'}.`]
        .filter(Boolean)
        .join(' '),
      response: { ...responsesOf(route.schema?.response), 401: problemSchema, 403: problemSchema },
    };
  });
  scope.addHook('onRequest', async (request) => {
    const principal = await authenticate(request, authentication);
    const required = request.routeOptions.config.role ?? 'viewer';
    if (projectRoles.indexOf(principal.role) < projectRoles.indexOf(required)) {
      throw new Problem(403, { detail: `This needs the role ${required}; the token has ${principal.role}.` });
    }
    request.principal = principal;
  });
}

function responsesOf(response: unknown): object {
  return typeof response === 'object' && response !== null ? response : {};
}

/** A header comes first: it is sent on purpose, and a page of another origin cannot. */
async function authenticate(request: FastifyRequest, { verifyToken, sessions }: Authentication): Promise<Principal> {
  const { authorization, cookie } = request.headers;
  const session = sessions.valueOf(cookie);
  if (authorization !== undefined || session === undefined) return verifyToken(bearerOf(authorization));
  requireSameOrigin(request);
  request.session = await sessions.verify(session);
  return request.session;
}

const harmless: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/**
 * A browser sends the cookie with whatever any page makes it send. SameSite=Strict keeps it from other sites; this also
 * refuses other origins of the same site, such as another port of the same host.
 * @throws Problem 403 for a request that changes something and is of another origin
 */
export function requireSameOrigin(request: FastifyRequest): void {
  if (harmless.includes(request.method) || isSameOrigin(request.headers, request.host)) return;
  throw new Problem(403, {
    code: 'session.foreign_origin',
    detail:
      'With a session’s cookie, changes are taken from pages of this server only. Behind a proxy, let it pass the Host header on; from a program, send a bearer token.',
  });
}

function bearerOf(authorization = ''): string {
  const [, token] = /^Bearer +([^\s]+)$/i.exec(authorization) ?? [];
  if (token === undefined) throw unauthenticated('Send a token: Authorization: Bearer …');
  return token;
}

/** Who calls. Only on routes behind `requireToken`. */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === null) throw new Problem(401);
  return request.principal;
}

/**
 * A path that names a project, or a resource of one: another project's answers as if it did not exist, so that ids
 * cannot be probed.
 * @throws Problem 404, the same as for an unknown id.
 */
export function requireProject(request: FastifyRequest, projectId: string): void {
  if (!principalOf(request).projects.includes(projectId)) throw new Problem(404);
  request.requestedProject = projectId;
}

/** A body that names a project the token does not carry. @throws Problem 403 */
export function requireBodyProject(request: FastifyRequest, projectId: string): void {
  if (!principalOf(request).projects.includes(projectId)) {
    throw new Problem(403, { detail: `The token does not carry the project ${projectId}.` });
  }
  request.requestedProject = projectId;
}
