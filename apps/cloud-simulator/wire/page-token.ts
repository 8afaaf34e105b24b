import { createHash } from 'node:crypto';
import { z } from 'zod';

/** Both AWS and Google Cloud document 24 hours. */
const lifetimeMs = 24 * 3_600_000;

const tokenContent = z.object({ request: z.string(), issuedAt: z.number(), position: z.array(z.string()) });

/**
 * A page token: a position in the source's order, good for 24 hours and only with the request it was issued for. It holds
 * all it needs, so it outlives a restart of the simulator as a real one outlives a restart of a server.
 */
export function issuePageToken(request: unknown, position: readonly string[], nowMs: number): string {
  const content = { request: fingerprint(request), issuedAt: nowMs, position };
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

/** The token's position, or why it is refused. */
export function readPageToken(
  token: string,
  request: unknown,
  nowMs: number,
): { readonly position: readonly string[] } | { readonly refused: 'malformed' | 'expired' | 'other-request' } {
  const content = tokenContent.safeParse(parseJson(Buffer.from(token, 'base64url').toString()));
  if (!content.success) return { refused: 'malformed' };
  if (nowMs - content.data.issuedAt > lifetimeMs) return { refused: 'expired' };
  if (content.data.request !== fingerprint(request)) return { refused: 'other-request' };
  return { position: content.data.position };
}

function fingerprint(request: unknown): string {
  return createHash('sha256').update(JSON.stringify(request)).digest('base64url').slice(0, 16);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
