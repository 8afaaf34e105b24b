import { hkdfSync } from 'node:crypto';
import { parseCookie, stringifySetCookie } from 'cookie';
import { EncryptJWT, errors, jwtDecrypt } from 'jose';
import { z } from 'zod';
import { Problem } from '../problem.ts';
import { signingSecretOf, type TicketSettings } from './tickets.ts';
import { type Principal, projectIdSchema, projectRoles } from './tokens.ts';
import { unauthenticated } from './unauthenticated.ts';

/**
 * What the name of the cookie begins with. Eight characters follow that are the installation's: a browser keeps the cookies
 * of a host whatever the port, and two installations on one host would sign each other's people out.
 */
export const sessionCookiePrefix = 'tailrace_session_';
/** Where a browser sends it: to the API and the WebSocket, not with the page's own files. */
const path = '/api/v1/live-logs';
const audience = 'tailrace-session';
/** A session that is used is renewed for as long as its token was valid at sign-in, and at most for this long at a time. */
const longestLifetimeMs = 12 * 60 * 60 * 1000;
/** Browsers drop a cookie of more than 4096 bytes, its name and attributes included (RFC 6265, 6.1). */
const longestValue = 3800;

const claimsSchema = z.object({
  sub: z.string().min(1).max(256),
  projects: z.array(projectIdSchema),
  role: z.enum(projectRoles),
  exp: z.int().positive(),
  /** Seconds since the epoch: it is not renewed beyond this. */
  limit: z.int().positive(),
  /** Seconds that it lasts from each renewal. */
  lifetime: z.int().positive(),
});

/** Who is signed in with a browser. */
export interface Session extends Principal {
  /** Milliseconds since the epoch: renewing extends the session up to here. */
  readonly renewableUntil: number;
  readonly lifetimeMs: number;
}

export interface SessionSettings extends TicketSettings {
  /**
   * Days after sign-in up to which a session may be renewed beyond its token's own end. Only for tokens of JWT_SECRET;
   * what an identity provider signed is never outlived.
   */
  readonly sessionMaxDays: number;
}

export interface SessionOpener {
  /** The session that a `Cookie` header carries; undefined without one of this installation. */
  valueOf(cookieHeader: string | undefined): string | undefined;
  /** @throws Problem 422 when the token carries more projects than a cookie holds */
  begin(principal: Principal): Promise<Session>;
  /** The same session for longer, up to its limit. */
  renew(session: Session): Promise<Session>;
  /** `Set-Cookie` for a session; without one, it removes the cookie. */
  cookieOf(session: Session | undefined, options: { readonly secure: boolean }): Promise<string>;
}

export interface SessionVerifier extends Pick<SessionOpener, 'valueOf'> {
  /** @throws Problem 401 when the cookie holds no session that is valid now */
  verify(value: string): Promise<Session>;
}

/**
 * Begins and renews the sessions of browsers. A session is a cookie that holds its claims, sealed with a key of its own,
 * so that every process with the same settings takes it and none keeps state. What that costs: signing out removes the
 * cookie, but a copy of it would be valid until its end.
 */
export function createSessionOpener(settings: SessionSettings): SessionOpener {
  const key = sessionKey(settings);
  const name = cookieName(settings);
  const maxMs = settings.jwtSecret === undefined ? 0 : settings.sessionMaxDays * 86_400_000;
  const seal = ({ subject, projects, role, expiresAt, renewableUntil, lifetimeMs }: Session) =>
    new EncryptJWT({ projects, role, limit: seconds(renewableUntil), lifetime: Math.max(1, seconds(lifetimeMs)) })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .setSubject(subject)
      .setAudience(audience)
      .setExpirationTime(seconds(expiresAt))
      .encrypt(key);
  return {
    valueOf: (header) => cookieIn(header, name),
    async begin(principal) {
      const now = Date.now();
      const session = {
        ...principal,
        renewableUntil: Math.max(principal.expiresAt, now + maxMs),
        lifetimeMs: Math.min(longestLifetimeMs, Math.max(1000, principal.expiresAt - now)),
      };
      if ((await seal(session)).length > longestValue) {
        throw new Problem(422, {
          code: 'session.too_large',
          detail: 'The token carries more projects than a cookie can hold. Get one with fewer projects.',
        });
      }
      return session;
    },
    async renew(session) {
      const expiresAt = Math.min(session.renewableUntil, Date.now() + session.lifetimeMs);
      return { ...session, expiresAt: Math.max(session.expiresAt, expiresAt) };
    },
    async cookieOf(session, { secure }) {
      const attributes = { path, httpOnly: true, sameSite: 'strict', secure } as const;
      if (session === undefined) {
        return stringifySetCookie({ name, value: '', maxAge: 0, ...attributes });
      }
      const maxAge = Math.max(0, seconds(session.expiresAt - Date.now()));
      return stringifySetCookie({ name, value: await seal(session), maxAge, ...attributes });
    },
  };
}

/** Checks sessions begun by any process with the same settings. */
export function createSessionVerifier(settings: TicketSettings): SessionVerifier {
  const key = sessionKey(settings);
  const name = cookieName(settings);
  return {
    valueOf: (header) => cookieIn(header, name),
    async verify(value) {
      const { sub, projects, role, exp, limit, lifetime } = await claimsOf(value, key);
      return {
        subject: sub,
        projects,
        role,
        expiresAt: exp * 1000,
        renewableUntil: limit * 1000,
        lifetimeMs: lifetime * 1000,
      };
    },
  };
}

function cookieIn(header: string | undefined, name: string): string | undefined {
  return header === undefined ? undefined : parseCookie(header)[name] || undefined;
}

async function claimsOf(value: string, key: Uint8Array): Promise<z.output<typeof claimsSchema>> {
  try {
    const { payload } = await jwtDecrypt(value, key, {
      audience,
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    return claimsSchema.parse(payload);
  } catch (error) {
    const detail = error instanceof errors.JWTExpired ? 'The session has ended.' : 'The session is not valid.';
    throw unauthenticated(`${detail} Sign in again.`);
  }
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}

/** A key of its own, so that no session passes as a token or a ticket, nor the other way round (RFC 5869). */
function sessionKey(settings: TicketSettings): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', signingSecretOf(settings).reveal(), '', 'tailrace session cookie', 32));
}

/** By the secret, which every process of an installation has and no other installation; it reveals nothing of it. */
function cookieName(settings: TicketSettings): string {
  const tag = hkdfSync('sha256', signingSecretOf(settings).reveal(), '', 'tailrace session cookie name', 4);
  return `${sessionCookiePrefix}${Buffer.from(tag).toString('hex')}`;
}
