import { invalidField, problemSchema } from '@tailrace/http/problem.ts';
import type { HttpServer } from '@tailrace/http/server.ts';
import { pastTimeSchema, startTime } from '@tailrace/ingestion/contract/start-from.ts';
import { isoNanos } from '@tailrace/log-query/iso-time.ts';
import { isVisibleLine } from '@tailrace/log-record/visible-text.ts';
import { z } from 'zod';
import { changeRequest, ifMatch } from '../resources/change-request.ts';
import { entityTag } from '../resources/entity-tag.ts';
import { idParam } from './connection-request.ts';
import type { ConnectionService } from './connection-service.ts';

interface RewindRouteDeps {
  readonly service: ConnectionService;
  /** How far back a rewind may go. */
  readonly maxDays: number;
}

const dayMicros = 86_400_000_000;

const rewindRequest = z.strictObject({
  to: pastTimeSchema.describe('Event time to go back to: a span before now such as -6h, or a time with its zone.'),
  reason: z
    .string()
    .trim()
    .min(1)
    .max(500)
    .refine(isVisibleLine, 'must not hold control or invisible characters')
    .optional()
    .describe('For people.'),
});

/** Reading a source again. */
export function rewindRoutes(scope: HttpServer, { service, maxDays }: RewindRouteDeps): void {
  scope.post(
    '/connections/:id/rewind',
    {
      config: { role: 'editor' },
      schema: {
        tags: ['connections'],
        summary: 'Read the source again from a time up to now. Stored lines are replaced; nobody is notified again.',
        description:
          'Live reading goes on meanwhile. A rewind that has not finished gives way to this one. GET connections/{id} shows its progress.',
        params: idParam,
        headers: ifMatch,
        body: rewindRequest,
        response: {
          202: z.object({ message: z.literal('Rewind accepted'), rewind_id: z.string(), to: z.string() }),
          404: problemSchema,
          409: problemSchema,
          412: problemSchema,
          422: problemSchema,
        },
      },
    },
    async (request, reply) => {
      const { to, reason = null } = request.body;
      const change = changeRequest(request, request.params.id, request.headers['if-match']);
      service.get(change);
      const { version, rewind } = await service.rewind(change, { to: timeOf(to, maxDays), reason });
      const { id } = rewind!;
      return reply
        .code(202)
        .header('etag', entityTag(version))
        .send({ message: 'Rewind accepted', rewind_id: id, to: isoNanos(rewind!.to) });
    },
  );
}

/** @throws Problem 422 for a time that is to come, or further back than a rewind may go. */
function timeOf(text: string, maxDays: number): number {
  const now = Date.now() * 1000;
  const to = startTime(text, now);
  if (to >= now) throw invalidField('body.to', 'must lie in the past');
  if (to < now - maxDays * dayMicros) {
    throw invalidField('body.to', `must be at most ${maxDays} days back (REWIND_MAX_DAYS)`);
  }
  return to;
}
