import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

const claims = z.object({ aud: z.string(), appid: z.string(), tid: z.string(), exp: z.number() });

/** What a token says: for which API, which application, in which tenant, until when (seconds since the epoch). */
export type TokenClaims = z.infer<typeof claims>;

/**
 * The simulator's key. It is no secret: it only makes a token that someone altered differ from one that was issued, and
 * being fixed lets a token outlive a restart of the simulator.
 */
const signingKey = 'tailrace-cloud-simulator';

/** Issues a JWT as Entra does, but signed with a shared key (HS256). */
export function issueAccessToken(content: TokenClaims): string {
  const head = encoded({ typ: 'JWT', alg: 'HS256' });
  const body = encoded(content);
  return `${head}.${body}.${signature(`${head}.${body}`)}`;
}

/** The claims of a token that was issued here; undefined for any other. Does not look at `exp`. */
export function readAccessToken(token: string): TokenClaims | undefined {
  const [head = '', body = '', signed = ''] = token.split('.');
  const expected = Buffer.from(signature(`${head}.${body}`));
  const given = Buffer.from(signed);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  return claims.safeParse(JSON.parse(Buffer.from(body, 'base64url').toString())).data;
}

function encoded(content: object): string {
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

function signature(text: string): string {
  return createHmac('sha256', signingKey).update(text).digest('base64url');
}
