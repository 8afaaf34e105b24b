import { Problem } from '@tailrace/http/problem.ts';

/** The entity tag of a resource's version (RFC 9110, 8.8.3). */
export function entityTag(version: number): string {
  return `"${version}"`;
}

/**
 * Holds a change to the version that its author saw. Without the header the change is for whatever version there is.
 * @throws Problem 412 when the resource has another version (RFC 9110, 13.1.1: compared strongly).
 */
export function requireMatch(ifMatch: string | undefined, version: number): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return;
  const tags = ifMatch.split(',').map((tag) => tag.trim());
  if (tags.includes(entityTag(version))) return;
  throw new Problem(412, {
    detail: `The resource has version ${version} now. Read it again and repeat the change on that.`,
    headers: { etag: entityTag(version) },
  });
}
