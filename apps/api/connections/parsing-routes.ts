import { askerOf } from '@tailrace/http/access/caller.ts';
import { problemSchema } from '@tailrace/http/problem.ts';
import type { HttpServer } from '@tailrace/http/server.ts';
import { changeRequest } from '../resources/change-request.ts';
import type { LogDatabase } from '../stream/log-database.ts';
import { idParam } from './connection-request.ts';
import type { ConnectionService } from './connection-service.ts';
import { parsingView, toParsingView } from './parsing-view.ts';

interface ParsingRouteDeps {
  readonly service: ConnectionService;
  readonly database: LogDatabase;
  readonly searchTimeoutMs: number;
}

const maxLines = 5000;
/** Microseconds. */
const longestAgo = 86_400_000_000;
/** Lines of clocks that go ahead are counted too. */
const aheadMost = 3_600_000_000;

/** How well the lines of a connection are understood. */
export function parsingRoutes(scope: HttpServer, { service, database, searchTimeoutMs }: ParsingRouteDeps): void {
  scope.get(
    '/connections/:id/parsing-stats',
    {
      schema: {
        tags: ['connections'],
        summary: `What the parsers made of the newest stored lines of a connection: at most ${maxLines}, of the last 24 hours.`,
        params: idParam,
        response: { 200: parsingView, 404: problemSchema, 429: problemSchema, 503: problemSchema },
      },
    },
    async (request, reply) => {
      const { id, project_id: projectId } = service.get(changeRequest(request, request.params.id));
      const now = Date.now() * 1000;
      const asker = askerOf(request, reply, projectId);
      const counts = await database.run(asker, 'parsing', {
        projectId,
        connectionId: id,
        from: now - longestAgo,
        to: now + aheadMost,
        maxLines,
        timeoutMs: searchTimeoutMs,
      });
      return toParsingView(id, counts);
    },
  );
}
