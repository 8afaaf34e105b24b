import type { Operations } from '@tailrace/http/contract/generated.ts';

/** Who is signed in, as the server says. */
export interface Session {
  readonly subject: string;
  readonly projects: readonly string[];
  readonly role: 'viewer' | 'editor' | 'admin';
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Whether the server extends it when it is asked to. */
  readonly isRenewable: boolean;
  /** Set where the browser keeps no cookie for this address: this page alone is signed in, by its token. */
  readonly token?: string;
}

/** The API's view of a session, as the page works with it. */
export function sessionOf(view: Operations['GET session']['answer'], token?: string): Session {
  const { subject, projects, role, expires_at, renewable_until } = view;
  const expiresAt = Date.parse(expires_at);
  return { subject, projects, role, expiresAt, isRenewable: renewable_until !== null, ...(token && { token }) };
}

/**
 * Reads a JWT's claims without checking its signature, so that what is no token at all is found before it is sent.
 * @returns what is wrong with the text, in words, when it is no token of ours
 */
export function readToken(
  text: string,
): { readonly token: string; readonly subject: string } | { readonly problem: string } {
  const token = text.trim().replace(/^Bearer\s+/i, '');
  if (token === '') return { problem: 'Paste a token.' };
  const parts = token.split('.');
  if (parts.length !== 3) return { problem: 'This is not a token: one has three parts with dots between them.' };
  const claims = claimsOf(parts[1] ?? '');
  if (claims === undefined) return { problem: 'This is not a token: its middle part cannot be read.' };
  const { sub, projects, role, exp } = claims;
  if (typeof sub !== 'string' || typeof exp !== 'number') return { problem: 'The token lacks the claims sub or exp.' };
  if (role !== 'viewer' && role !== 'editor' && role !== 'admin') {
    return { problem: 'The token lacks the claim role: viewer, editor or admin.' };
  }
  const named = Array.isArray(projects) ? projects.filter((each) => typeof each === 'string') : [];
  if (named.length === 0) return { problem: 'The token names no project (claim projects).' };
  if (exp * 1000 <= Date.now()) return { problem: 'The token has expired. Get a new one.' };
  return { token, subject: sub };
}

function claimsOf(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const bytes = Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === 'object' && claims !== null ? { ...claims } : undefined;
  } catch {
    return undefined;
  }
}

/** The token that `#token=…` hands over, as `npm start` prints it: never part of a request, and off the address at once. */
export function takeTokenFromAddress(fragment: string, drop: () => void): string | undefined {
  const token = new URLSearchParams(fragment.slice(1)).get('token');
  if (token === null) return undefined;
  drop();
  return token;
}
