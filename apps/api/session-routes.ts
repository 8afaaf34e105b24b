import { principalOf, requireSameOrigin } from '@tailrace/http/access/authentication.ts';
import type { Session, SessionOpener } from '@tailrace/http/access/sessions.ts';
import { type Principal, projectRoles } from '@tailrace/http/access/tokens.ts';
import { Problem } from '@tailrace/http/problem.ts';
import type { HttpServer } from '@tailrace/http/server.ts';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';

const sessionView = z
  .object({
    subject: z.string(),
    projects: z.array(z.string()),
    role: z.enum(projectRoles),
    expires_at: z.string().describe('RFC 3339.'),
    renewable_until: z
      .string()
      .nullable()
      .describe('RFC 3339: up to when POST session/renew extends it; null when it ends with its token.'),
  })
  .meta({ id: 'Session' });

const noStore = { 'cache-control': 'no-store' };

/** Sessions of browsers: a bearer token is exchanged for a cookie that every tab has and no script can read. */
export function sessionRoutes(scope: HttpServer, sessions: SessionOpener): void {
  scope.post(
    '/session',
    {
      schema: {
        tags: ['session'],
        summary: 'Exchanges the bearer token for a cookie, tailrace_session_…: HttpOnly, SameSite=Strict.',
        response: { 200: sessionView },
      },
    },
    async (request, reply) => {
      if (request.session !== null) {
        throw new Problem(401, { detail: 'Send the token to sign in with: Authorization: Bearer …' });
      }
      const session = await sessions.begin(principalOf(request));
      const cookie = await sessions.cookieOf(session, { secure: isSecure(request) });
      return reply.headers({ ...noStore, 'set-cookie': cookie }).send(viewOf(session));
    },
  );

  scope.get(
    '/session',
    {
      schema: {
        tags: ['session'],
        summary: 'Who is signed in, by cookie or token, and until when.',
        response: { 200: sessionView },
      },
    },
    async (request, reply) => reply.headers(noStore).send(viewOf(request.session ?? principalOf(request))),
  );

  scope.post(
    '/session/renew',
    {
      schema: {
        tags: ['session'],
        summary:
          'Extends the session of the cookie while the page is used. A session that cannot be extended stays as it is.',
        response: { 200: sessionView },
      },
    },
    async (request, reply) => {
      if (request.session === null) throw new Problem(409, { detail: 'A bearer token cannot be renewed here.' });
      const session = await sessions.renew(request.session);
      const cookie = await sessions.cookieOf(session, { secure: isSecure(request) });
      return reply.headers({ ...noStore, 'set-cookie': cookie }).send(viewOf(session));
    },
  );
}

/** Signing out works with whatever the cookie holds, also when it is no longer valid. */
export function signOutRoute(scope: HttpServer, sessions: SessionOpener): void {
  scope.delete(
    '/session',
    {
      schema: {
        tags: ['session'],
        summary: 'Signs the browser out: removes the cookie.',
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      if (sessions.valueOf(request.headers.cookie) !== undefined) requireSameOrigin(request);
      const cookie = await sessions.cookieOf(undefined, { secure: isSecure(request) });
      return reply
        .code(204)
        .headers({ ...noStore, 'set-cookie': cookie })
        .send(null);
    },
  );
}

function viewOf(session: Session | Principal): z.output<typeof sessionView> {
  const { subject, projects, role, expiresAt } = session;
  const renewableUntil = 'renewableUntil' in session ? session.renewableUntil : expiresAt;
  return {
    subject,
    projects: [...projects],
    role,
    expires_at: new Date(expiresAt).toISOString(),
    renewable_until: renewableUntil > expiresAt ? new Date(renewableUntil).toISOString() : null,
  };
}

/** Also behind a proxy that ends TLS and is not trusted: a browser's own page says by which scheme it came. */
function isSecure({ protocol, headers: { origin } }: FastifyRequest): boolean {
  return protocol === 'https' || (origin?.startsWith('https://') ?? false);
}
