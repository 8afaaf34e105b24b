import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { entityTag } from './entity-tag.ts';

/** What people call a connection, a channel. */
export const resourceName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^\P{Cc}+$/u, 'must not hold control characters');

/** Where a resource that was just created is, and its version. */
export function createdHeaders(request: FastifyRequest, { id, version }: { id: string; version: number }) {
  return { location: `${request.url.split('?')[0]}/${id}`, etag: entityTag(version) };
}
