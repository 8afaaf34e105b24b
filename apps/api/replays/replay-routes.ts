import { principalOf, requireBodyProject, requireProject } from '@tailrace/http/access/authentication.ts';
import { askerOf } from '@tailrace/http/access/caller.ts';
import { projectIdSchema } from '@tailrace/http/access/tokens.ts';
import type { FairQueue } from '@tailrace/http/limits/fair-queue.ts';
import { invalidField, problemSchema } from '@tailrace/http/problem.ts';
import type { HttpServer } from '@tailrace/http/server.ts';
import { isIdOf } from '@tailrace/log-record/id-prefixes.ts';
import type { ReplayDesiredState } from '@tailrace/schemas/generated/replay-desired-state.ts';
import { replayModeSymbols } from '@tailrace/schemas/generated/replay-mode.ts';
import { z } from 'zod';
import { instant, microsOf } from '../stream/time-range.ts';
import type { ReplayService } from './replay-service.ts';
import { replayView, toReplayView } from './replay-view.ts';

const tags = ['replays'];
const idParam = z.object({ id: z.string().max(200).describe('rpl_…') });

const actions: readonly (readonly [action: string, state: ReplayDesiredState, summary: string])[] = [
  ['pause', 'paused', 'Pause a replay; its position is kept.'],
  ['resume', 'running', 'Resume a paused replay where it stopped.'],
  ['cancel', 'cancelled', 'Cancel a replay. What it has written stays.'],
];

/** Replays: ask for one, see how it does, pause, resume and cancel it. */
export function replayRoutes(scope: HttpServer, service: ReplayService, readings: FairQueue): void {
  scope.post(
    '/replays',
    {
      config: { role: 'editor' },
      schema: {
        tags,
        summary: 'Normalise retained raw events again with the current code, and apply the result or only compare it.',
        body: z.strictObject({
          project_id: projectIdSchema,
          connection_ids: z.array(z.string().min(1).max(64)).min(1).max(500).optional(),
          from: z
            .union([z.literal('earliest'), instant])
            .describe('Event time, included: a time, a span before now such as -6h, or earliest for all that is kept.'),
          to: instant.default('now').describe('Event time, excluded.'),
          mode: z
            .enum(replayModeSymbols)
            .default('apply')
            .describe('apply renews stored lines; shadow writes nothing and reports what would differ.'),
          records_per_second: z.int().min(1).max(10_000_000).optional().describe('At most.'),
        }),
        response: { 202: replayView, 409: problemSchema, 422: problemSchema, 429: problemSchema, 503: problemSchema },
      },
    },
    async (request, reply) => {
      const { project_id: projectId, connection_ids: connectionIds, mode, ...body } = request.body;
      requireBodyProject(request, projectId);
      const now = Date.now();
      // Events that are kept may be of any time before they were read.
      const [from, to] = [body.from === 'earliest' ? 0 : microsOf(body.from, now), microsOf(body.to, now)];
      if (from >= to) throw invalidField('body.from', 'must be before to');
      const wanted = {
        projectId,
        connectionIds,
        from,
        to,
        mode,
        recordsPerSecond: body.records_per_second ?? null,
        createdBy: principalOf(request).subject,
      };
      // How far back raw events are kept is read from Kafka.
      const { caller, gone } = askerOf(request, reply, projectId);
      const created = await readings.run(caller, gone, () => service.create(wanted));
      const location = `${request.url.split('?')[0]}/${created.id}`;
      return reply.code(202).header('location', location).send(toReplayView(created));
    },
  );

  scope.get(
    '/replays/:id',
    {
      schema: {
        tags,
        summary: 'One replay (an id that begins with rpl_), or all of a project, newest first (any other id).',
        params: z.object({ id: z.string().max(200).describe('rpl_…, or a project id.') }),
        response: { 200: z.union([replayView, z.object({ replays: z.array(replayView) })]), 404: problemSchema },
      },
    },
    async (request) => {
      const { id } = request.params;
      if (isIdOf('replay', id)) return toReplayView(service.get(id, principalOf(request).projects));
      requireProject(request, id);
      return { replays: service.list(id).map(toReplayView) };
    },
  );

  for (const [action, state, summary] of actions) {
    scope.post(
      `/replays/:id/${action}`,
      {
        config: { role: 'editor' },
        schema: {
          tags,
          summary,
          params: idParam,
          response: { 200: replayView, 404: problemSchema, 409: problemSchema, 503: problemSchema },
        },
      },
      async (request) => {
        const { projects } = principalOf(request);
        return toReplayView(await service.setState(request.params.id, projects, state));
      },
    );
  }
}
