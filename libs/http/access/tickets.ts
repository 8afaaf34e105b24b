import { hkdfSync, randomUUID } from 'node:crypto';
import type { Secret } from '@tailrace/config/secret.ts';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { Problem } from '../problem.ts';
import { type Principal, projectIdSchema, projectRoles } from './tokens.ts';
import { unauthenticated } from './unauthenticated.ts';

/** How long a ticket may wait to be used. It is asked for right before a WebSocket is opened. */
const lifetimeSeconds = 30;
const audience = 'tailrace-websocket';
/** Longer than any of ours: a subject of 256 characters, a project of 64. */
const maxTicketCharacters = 2048;

const claimsSchema = z.object({
  sub: z.string().min(1).max(256),
  jti: z.uuid(),
  exp: z.int().positive(),
  project: projectIdSchema,
  role: z.enum(projectRoles),
  session_exp: z.int().positive(),
});

export interface TicketSettings {
  readonly jwtSecret?: Secret | undefined;
  readonly ticketSecret?: Secret | undefined;
}

interface Ticket {
  readonly ticket: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export type TicketSigner = (principal: Principal, projectId: string) => Promise<Ticket>;

/** What a ticket admits to: its project alone, until the token it was made from expires. */
interface TicketHolder extends Principal {
  /** The first to note this id has used the ticket. */
  readonly ticketId: string;
  /** Milliseconds since the epoch: how long a used ticket's id must be remembered. */
  readonly ticketExpiresAt: number;
}

/** @throws Problem 401 for a ticket that is not valid or has expired, 404 for one of another project. */
export type TicketVerifier = (ticket: string, projectId: string) => Promise<TicketHolder>;

/**
 * Makes tickets: short-lived tokens for one WebSocket of one project, so that a browser, which can send no header
 * there, need not put its token into an address. They are used once: the verifier's caller notes the id.
 */
export function createTicketSigner(settings: TicketSettings): TicketSigner {
  const key = ticketKey(settings);
  return async (principal, projectId) => {
    const expires = Math.floor(Date.now() / 1000) + lifetimeSeconds;
    const ticket = await new SignJWT({
      project: projectId,
      role: principal.role,
      session_exp: Math.floor(principal.expiresAt / 1000),
    })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(principal.subject)
      .setAudience(audience)
      .setJti(randomUUID())
      .setExpirationTime(expires)
      .sign(key);
    return { ticket, expiresAt: expires * 1000 };
  };
}

/** Checks tickets made by any process with the same settings. */
export function createTicketVerifier(settings: TicketSettings): TicketVerifier {
  const key = ticketKey(settings);
  return async (ticket, projectId) => {
    const { sub, jti, exp, project, role, session_exp } = await claimsOf(ticket, key);
    if (project !== projectId) throw new Problem(404);
    return {
      subject: sub,
      projects: [project],
      role,
      expiresAt: session_exp * 1000,
      ticketId: jti,
      ticketExpiresAt: exp * 1000,
    };
  };
}

async function claimsOf(ticket: string, key: Uint8Array): Promise<z.output<typeof claimsSchema>> {
  if (ticket.length > maxTicketCharacters) throw unauthenticated('The ticket is not valid.');
  try {
    const { payload } = await jwtVerify(ticket, key, { algorithms: ['HS256'], audience });
    return claimsSchema.parse(payload);
  } catch (error) {
    throw unauthenticated(error instanceof errors.JWTExpired ? 'The ticket has expired.' : 'The ticket is not valid.');
  }
}

/** A key of its own, so that no ticket passes as a token and no token as a ticket (RFC 5869). */
function ticketKey(settings: TicketSettings): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', signingSecretOf(settings).reveal(), '', 'tailrace websocket ticket', 32));
}

/** What the keys of tickets and sessions are derived from. @throws TailraceError when neither secret is set */
export function signingSecretOf({ ticketSecret, jwtSecret }: TicketSettings): Secret {
  const secret = ticketSecret ?? jwtSecret;
  if (secret === undefined) {
    throw new TailraceError('there is no secret to sign WebSocket tickets and sessions with', {
      code: 'config.invalid',
      remedy: 'give-up',
      help: 'Set TICKET_SECRET beside JWT_JWKS_URL, or JWT_SECRET.',
    });
  }
  return secret;
}
