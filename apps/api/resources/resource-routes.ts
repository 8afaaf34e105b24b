import { isVisibleLine } from '@tailrace/log-record/visible-text.ts';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { entityTag } from './entity-tag.ts';

/** What people call a connection, a channel. */
export const resourceName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .refine(isVisibleLine, 'must not hold control or invisible characters');

/** Where a resource that was just created is, and its version. */
export function createdHeaders(request: FastifyRequest, { id, version }: { id: string; version: number }) {
  return { location: `${request.url.split('?')[0]}/${id}`, etag: entityTag(version) };
}
