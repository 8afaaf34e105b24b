import { principalOf, requireBodyProject } from '@tailrace/http/access/authentication.ts';
import type { TicketSigner } from '@tailrace/http/access/tickets.ts';
import { projectIdSchema } from '@tailrace/http/access/tokens.ts';
import type { HttpServer } from '@tailrace/http/server.ts';
import { z } from 'zod';

/** Tickets for WebSockets. */
export function ticketRoutes(scope: HttpServer, sign: TicketSigner): void {
  scope.post(
    '/ws-tickets',
    {
      schema: {
        tags: ['live'],
        summary:
          'A ticket that opens one WebSocket of one project, once, within half a minute: ws/{project_id}?ticket=…',
        body: z.strictObject({ project_id: projectIdSchema }),
        response: { 201: z.object({ ticket: z.string(), expires_at: z.string() }) },
      },
    },
    async (request, reply) => {
      const { project_id } = request.body;
      requireBodyProject(request, project_id);
      const { ticket, expiresAt } = await sign(principalOf(request), project_id);
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({ ticket, expires_at: new Date(expiresAt).toISOString() });
    },
  );
}
