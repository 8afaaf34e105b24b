import { createSecretKey, type KeyObject } from 'node:crypto';
import type { Secret } from '@tailrace/config/secret.ts';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { ownPrefixOf } from '@tailrace/log-record/id-prefixes.ts';
import { errors, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { Problem } from '../problem.ts';
import { ProviderKeys } from './provider-keys.ts';
import { unauthenticated } from './unauthenticated.ts';

/** What a principal may do in its projects; each includes the ones before it. */
export const projectRoles = ['viewer', 'editor', 'admin'] as const;
export type ProjectRole = (typeof projectRoles)[number];

/** Ids of projects come from tokens. They never look like our own ids, which share paths with them. */
export const projectIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1 to 64 letters, digits, dots, hyphens or underscores')
  .refine((id) => ownPrefixOf(id) === undefined, {
    error: ({ input }) => `must not begin with ${ownPrefixOf(String(input))}, as ids of Tailrace's own do`,
  })
  .describe('Project id, as the token carries it.');

const claimsSchema = z.object({
  sub: z.string().min(1).max(256),
  projects: z.array(projectIdSchema).max(1000),
  role: z.enum(projectRoles),
  exp: z.int().positive(),
});

/** Who calls, as a valid token says. */
export interface Principal {
  readonly subject: string;
  readonly projects: readonly string[];
  readonly role: ProjectRole;
  /** Milliseconds since the epoch: when a long-lived connection of this principal must be closed. */
  readonly expiresAt: number;
}

export interface TokenSettings {
  readonly jwtSecret?: Secret | undefined;
  readonly jwtJwksUrl?: string | undefined;
  readonly jwtAudience?: string | undefined;
  readonly jwtIssuer?: string | undefined;
}

/** Checks a token and returns who it is. @throws Problem 401; 503 when the key set cannot be fetched. */
export type TokenVerifier = (token: string) => Promise<Principal>;

/** Longest token that is looked at, characters; what carries headers on the way here often takes no more. */
const maxTokenCharacters = 8192;
/** Header, payload and signature: the compact form of RFC 7515, section 7.1. */
const compactForm = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** Tokens found valid that are remembered: those of as many users at once. */
const rememberedTokens = 1000;
/** In place of an audience: any is accepted. */
const anyAudience = '*';

/** Clocks of issuer and verifier may differ by this much. */
const clockToleranceSeconds = 5;

/**
 * Makes the verifier for the configured way. The algorithms are fixed by the kind of key, never by the token, so
 * `alg: none` and a public key used as an HMAC secret are refused (RFC 8725, 3.1).
 */
export function createTokenVerifier(settings: TokenSettings): TokenVerifier {
  const options: JWTVerifyOptions = {
    clockTolerance: clockToleranceSeconds,
    requiredClaims: ['exp', 'sub'],
    ...(settings.jwtAudience === undefined || settings.jwtAudience === anyAudience
      ? {}
      : { audience: settings.jwtAudience }),
    ...(settings.jwtIssuer === undefined ? {} : { issuer: settings.jwtIssuer }),
  };
  if (settings.jwtJwksUrl !== undefined) {
    const provider = new ProviderKeys(new URL(settings.jwtJwksUrl));
    const keys: JWTVerifyGetKey = (header, token) => provider.find(header, token);
    const algorithms = [
      'RS256',
      'RS384',
      'RS512',
      'PS256',
      'PS384',
      'PS512',
      'ES256',
      'ES384',
      'ES512',
      'EdDSA',
      'Ed25519',
    ];
    return (token) => verify(token, keys, { ...options, algorithms });
  }
  if (settings.jwtSecret === undefined) {
    throw new TailraceError('there is no way to check tokens', {
      code: 'config.invalid',
      remedy: 'give-up',
      help: 'Set JWT_SECRET or JWT_JWKS_URL.',
    });
  }
  const secret = createSecretKey(Buffer.from(settings.jwtSecret.reveal()));
  return rememberValid((token) => verify(token, secret, { ...options, algorithms: ['HS256'] }));
}

/** Signs a token of the kind that JWT_SECRET checks: for the command line and tests. */
export function signToken(
  secret: Secret,
  claims: { readonly subject: string; readonly projects: readonly string[]; readonly role: ProjectRole },
  options: {
    readonly expiresInSeconds: number;
    readonly audience?: string | undefined;
    readonly issuer?: string | undefined;
  },
): Promise<string> {
  const token = new SignJWT({ projects: claims.projects, role: claims.role })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(claims.subject)
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1000) + options.expiresInSeconds);
  if (options.audience !== undefined) token.setAudience(options.audience);
  if (options.issuer !== undefined) token.setIssuer(options.issuer);
  return token.sign(new TextEncoder().encode(secret.reveal()));
}

/**
 * Checks each token once: a page that reconnects all its tabs, or a client that asks often, sends the same one again, and
 * the key it was checked with does not change. What was refused is checked again.
 */
function rememberValid(verifyToken: TokenVerifier): TokenVerifier {
  const valid = new Map<string, Principal>();
  return async (token) => {
    const known = valid.get(token);
    if (known !== undefined && Date.now() < known.expiresAt) return known;
    valid.delete(token);
    const principal = await verifyToken(token);
    const [oldest] = valid.size >= rememberedTokens ? valid.keys() : [];
    if (oldest !== undefined) valid.delete(oldest);
    valid.set(token, principal);
    return principal;
  };
}

async function verify(token: string, key: KeyObject | JWTVerifyGetKey, options: JWTVerifyOptions): Promise<Principal> {
  if (token.length > maxTokenCharacters) {
    throw unauthenticated(`The token is longer than ${maxTokenCharacters} characters.`);
  }
  // What is no token at all is refused before jose looks at it, whose refusals cost more.
  if (!compactForm.test(token)) throw unauthenticated('The token is not valid.');
  const claims = claimsSchema.safeParse(await payloadOf(token, key, options));
  if (!claims.success) throw unauthenticated(`The token lacks a valid claim. ${claimProblems(claims.error.issues)}`);
  const { sub, projects, role, exp } = claims.data;
  return { subject: sub, projects, role, expiresAt: exp * 1000 };
}

/** The first few: a token can hold a thousand wrong projects. */
function claimProblems(issues: readonly z.core.$ZodIssue[]): string {
  return issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.join('.')}: ${message}.`)
    .join(' ');
}

async function payloadOf(
  token: string,
  key: KeyObject | JWTVerifyGetKey,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    const { payload } =
      typeof key === 'function' ? await jwtVerify(token, key, options) : await jwtVerify(token, key, options);
    return payload;
  } catch (error) {
    throw refusalOf(error);
  }
}

function refusalOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof errors.JWTExpired) return unauthenticated('The token has expired.');
  if (error instanceof errors.JWTClaimValidationFailed)
    return unauthenticated(`The token's claim ${error.claim} is not accepted here.`);
  if (error instanceof errors.JOSEAlgNotAllowed) return unauthenticated("The token's algorithm is not accepted here.");
  const aboutToken =
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported;
  if (aboutToken) return unauthenticated('The token is not valid.');
  return new Problem(503, {
    detail: 'The keys that check tokens cannot be fetched.',
    retryAfterSeconds: 5,
    cause: error,
  });
}
