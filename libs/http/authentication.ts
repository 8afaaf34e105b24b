import type { FastifyRequest } from 'fastify';
import { Problem, problemSchema } from './problem.ts';
import type { HttpServer } from './server.ts';
import { type Principal, type ProjectRole, projectRoles, type TokenVerifier, unauthenticated } from './tokens.ts';

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal | null;
    /** The project that the request has been found to be about. */
    requestedProject: string | null;
  }
  interface FastifySchema {
    'x-required-role'?: ProjectRole;
  }
  interface FastifyContextConfig {
    /** Least role that may call the route; viewer when left out. */
    role?: ProjectRole;
  }
}

/**
 * Makes every route of this scope require a bearer token, and the role that its `config.role` names. Call it before the
 * scope's routes are registered.
 */
export function requireToken(scope: HttpServer, verifyToken: TokenVerifier): void {
  scope.decorateRequest('principal', null);
  scope.addHook('onRoute', (route) => {
    route.schema = {
      ...route.schema,
      security: [{ bearer: [] }],
      'x-required-role': route.config?.role ?? 'viewer',
      description: [route.schema?.description, `Requires the role ${route.config?.role ?? 'viewer'}.`]
        .filter(Boolean)
        .join(' '),
      response: { ...responsesOf(route.schema?.response), 401: problemSchema, 403: problemSchema },
    };
  });
  scope.addHook('onRequest', async (request) => {
    const principal = await verifyToken(bearerOf(request));
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

function bearerOf(request: FastifyRequest): string {
  const [, token] = /^Bearer +([^\s]+)$/i.exec(request.headers.authorization ?? '') ?? [];
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
