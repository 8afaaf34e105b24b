import { principalOf } from '@tailrace/http/authentication.ts';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ChangeRequest } from './connection-service.ts';

export const idParam = z.object({ id: z.string().max(200).describe('conn_…') });
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
