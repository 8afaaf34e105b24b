import { principalOf } from '@tailrace/http/access/authentication.ts';
import { Problem } from '@tailrace/http/problem.ts';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';

/** Who changes what, and which version they saw. */
export interface ChangeRequest {
  readonly id: string;
  /** Projects of the caller; a resource of any other does not exist for it. */
  readonly projects: readonly string[];
  readonly ifMatch?: string | undefined;
}

export const ifMatch = z.object({
  'if-match': z
    .string()
    .max(1000)
    .optional()
    .describe('ETag of the version that the change is for; any version when left out.'),
});

/** What the caller may touch, and the version it saw. */
export function changeRequest(request: FastifyRequest, id: string, ifMatchHeader?: string): ChangeRequest {
  return { id, projects: principalOf(request).projects, ifMatch: ifMatchHeader };
}

/** The resource, where it exists for the caller. @throws Problem 404 */
export function visible<Value extends { readonly project_id: string }>(
  resource: Value | undefined,
  projects: readonly string[],
): Value {
  if (resource === undefined || !projects.includes(resource.project_id)) throw new Problem(404);
  return resource;
}

/** What a change left. @throws Problem 404 when somebody deleted it meanwhile. */
export function existing<Value>(resource: Value | undefined): Value {
  if (resource === undefined) throw new Problem(404);
  return resource;
}
