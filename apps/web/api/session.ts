import { readStored, writeStored } from '../ui/browser/stored-value.ts';

/** Who is signed in: a token, kept for this tab only, and what it says of itself. The server alone judges whether it is valid. */
export interface Session {
  readonly token: string;
  readonly subject: string;
  readonly projects: readonly string[];
  readonly role: 'viewer' | 'editor' | 'admin';
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

const key = 'tailrace.token';

/**
 * Reads a JWT's claims without checking its signature, so that the page knows what to offer.
 * @returns what is wrong with the text, in words, when it is no token of ours
 */
export function readToken(text: string): Session | { readonly problem: string } {
  const token = text.trim().replace(/^Bearer\s+/i, '');
  const parts = token.split('.');
  if (parts.length !== 3) return { problem: 'This is not a token: one has three parts with dots between them.' };
  const claims = claimsOf(parts[1] ?? '');
  if (claims === undefined) return { problem: 'This is not a token: its middle part cannot be read.' };
  const { sub, projects, role, exp } = claims;
  if (typeof sub !== 'string' || typeof exp !== 'number') return { problem: 'The token lacks the claims sub or exp.' };
  if (role !== 'viewer' && role !== 'editor' && role !== 'admin') {
    return { problem: 'The token lacks the claim role: viewer, editor or admin.' };
  }
  const named = Array.isArray(projects) ? projects.filter((each): each is string => typeof each === 'string') : [];
  if (named.length === 0) return { problem: 'The token names no project (claim projects).' };
  if (exp * 1000 <= Date.now()) return { problem: 'The token has expired. Get a new one.' };
  return { token, subject: sub, projects: named, role, expiresAt: exp * 1000 };
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

export function storedToken(): string | undefined {
  return readStored(key, 'tab');
}

export function storeToken(token: string | undefined): void {
  writeStored(key, token, 'tab');
}

/** Signs out without the rest of the page: for when that has failed. */
export async function leaveSession(): Promise<void> {
  storeToken(undefined);
}
