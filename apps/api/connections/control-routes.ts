import { askerOf } from '@tailrace/http/access/caller.ts';
import type { FairQueue } from '@tailrace/http/limits/fair-queue.ts';
import { problemSchema } from '@tailrace/http/problem.ts';
import type { HttpServer } from '@tailrace/http/server.ts';
import type { DesiredState } from '@tailrace/schemas/generated/desired-state.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { z } from 'zod';
import { changeRequest, ifMatch } from '../resources/change-request.ts';
import { entityTag } from '../resources/entity-tag.ts';
import { testConnection } from './check-connection.ts';
import { idParam } from './connection-request.ts';
import type { ConnectionService } from './connection-service.ts';

interface ControlRouteDeps {
  readonly service: ConnectionService;
  readonly trials: FairQueue;
  readonly testTimeoutMs: number;
  readonly logger: Logger;
}

const states: readonly (readonly [action: string, state: DesiredState, message: string, summary: string])[] = [
  ['start', 'running', 'Streaming started successfully', 'Start reading, from the last position or from start_from.'],
  ['pause', 'paused', 'Streaming paused successfully', 'Pause reading; the position is kept.'],
  ['stop', 'stopped', 'Streaming stopped successfully', 'Stop reading; the position is kept.'],
];

const tags = ['connections'];
/** Each test calls a cloud, whose quota the connections share. */
const testsAMinute = 30;

/** Start, pause, stop and test a connection. */
export function controlRoutes(scope: HttpServer, { service, trials, testTimeoutMs, logger }: ControlRouteDeps): void {
  for (const [action, state, message, summary] of states) {
    scope.post(
      `/connections/:id/${action}`,
      {
        config: { role: 'editor' },
        schema: {
          tags,
          summary,
          params: idParam,
          headers: ifMatch,
          response: { 200: z.object({ message: z.literal(message) }), 404: problemSchema, 412: problemSchema },
        },
      },
      async (request, reply) => {
        const change = changeRequest(request, request.params.id, request.headers['if-match']);
        const { version } = await service.setState(change, state);
        return reply.header('etag', entityTag(version)).send({ message });
      },
    );
  }

  scope.post(
    '/connections/:id/test',
    {
      config: { role: 'editor', rateLimit: { max: testsAMinute, timeWindow: 60_000 } },
      schema: {
        tags,
        summary: 'Call the cloud with the stored configuration: credentials, permission, existence.',
        params: idParam,
        response: {
          200: z.object({ status: z.literal('success'), message: z.literal('Connection test successful') }),
          404: problemSchema,
          409: problemSchema,
          422: problemSchema,
          429: problemSchema,
          502: problemSchema,
          503: problemSchema,
          504: problemSchema,
        },
      },
    },
    async (request, reply) => {
      const connection = service.get(changeRequest(request, request.params.id));
      const { configured } = await service.configured(connection);
      const log = logger.child({ connection: connection.id });
      const { caller, gone } = askerOf(request, reply, connection.project_id);
      await trials.run(caller, gone, () => testConnection(configured, AbortSignal.timeout(testTimeoutMs), log));
      return { status: 'success' as const, message: 'Connection test successful' as const };
    },
  );
}
