import type { TicketVerifier } from '@tailrace/http/access/tickets.ts';
import type { Principal } from '@tailrace/http/access/tokens.ts';
import { Problem } from '@tailrace/http/problem.ts';
import type { Queryable } from '@tailrace/postgres/connection/queryable.ts';

/**
 * Uses a ticket up: of all fanout processes, only the one that inserts its id lets the viewer in.
 * @throws Problem 401 for a ticket that is not valid, has expired, or was used; 503 while the database is unreachable.
 */
export async function redeemTicket(
  database: Queryable,
  verify: TicketVerifier,
  ticket: string,
  projectId: string,
): Promise<Principal> {
  const { ticketId, ticketExpiresAt, ...principal } = await verify(ticket, projectId);
  const { rowCount } = await database
    .query(
      `insert into used_tickets (ticket_id, expires_at) values ($1, to_timestamp($2::float8 / 1000))
       on conflict do nothing`,
      [ticketId, ticketExpiresAt],
    )
    .catch((cause) => {
      throw new Problem(503, { detail: 'Tickets cannot be checked at the moment.', retryAfterSeconds: 1, cause });
    });
  if (rowCount !== 1) throw new Problem(401, { detail: 'This ticket has been used.' });
  return principal;
}
