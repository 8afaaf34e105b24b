import { Problem } from '../problem.ts';

/** 401 with the challenge of RFC 6750. */
export function unauthenticated(detail: string): Problem {
  return new Problem(401, { detail, headers: { 'www-authenticate': 'Bearer realm="tailrace"' } });
}
