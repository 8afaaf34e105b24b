import { alertView } from '@tailrace/alert-rules/alert-view.ts';
import { connectionStatusView } from '@tailrace/log-query/connection-status-view.ts';
import { logFilter } from '@tailrace/log-query/log-filter.ts';
import { logLine } from '@tailrace/log-query/log-line.ts';
import { alertEventSymbols } from '@tailrace/schemas/generated/alert-event.ts';
import { type output, z } from 'zod';

/**
 * The WebSocket's frames, once: the server sends and checks them by these schemas, the clients' types and checks
 * (generated.ts) and the tables of docs/websocket.md are generated from them. Sent as JSON text frames.
 */

const cursor = z.string();
/** A cursor, an RFC 3339 time, a duration back from now such as `-15m`, or `now`. */
const from = z.string().max(10_000);

/** What a client may say. */
export const clientFrame = z
  .discriminatedUnion('type', [
    z
      .strictObject({
        type: z.literal('subscribe'),
        filter: logFilter.default({}),
        from: from.min(1).optional(),
      })
      .describe(
        'Another filter, `from` a cursor or a time (as in the address). Left out: from the present position, or now when there is none',
      ),
    z.strictObject({ type: z.literal('pause') }).describe('Send nothing more; the position is kept'),
    z.strictObject({ type: z.literal('resume') }).describe('Continue from where it stopped'),
    z
      .strictObject({
        type: z.literal('fetch'),
        from,
        to: z.string().max(10_000),
        filter: logFilter.optional(),
      })
      .describe(
        'The lines of a gap: everything up to the cursor `to`, under a filter (left out: the present one). It ends with `fetched`, or with an error `fetch.invalid` (no such range), `fetch.failed` (Kafka is unreachable: ask again) or `fetch.busy` (this viewer, token or project fetches as much as it may: ask again later). `fetch.expired` does not end it: a part is older than what Kafka keeps, and the rest follows',
      ),
  ])
  .meta({ id: 'ClientFrame' });

export type ClientFrame = output<typeof clientFrame>;

/** Why lines were not sent: the viewer did not take them as fast as they came, or Kafka no longer has them. */
const gapReason = z.enum(['slow_viewer', 'retention']);

export type GapReason = output<typeof gapReason>;

/** What the server says. `logs` frames are put together from lines whose JSON is made once for many viewers. */
const serverFrame = z
  .discriminatedUnion('type', [
    z
      .object({ type: z.literal('hello'), cursor, project_id: z.string() })
      .describe('The first frame: where the live end is'),
    z.object({ type: z.literal('subscribed'), cursor }).describe('Lines from here on are those of the subscription'),
    z
      .object({
        type: z.literal('logs'),
        logs: z.array(logLine),
        cursor: cursor.optional(),
        fetched: z.literal(true).optional(),
      })
      .describe(
        'Lines. Without lines, only the cursor has moved. Those that answer a `fetch` have `fetched` in place of the cursor',
      ),
    z
      .object({
        type: z.literal('gap'),
        matched: z.int().nullable().describe('Matching lines left out; null when nobody can know.'),
        from: cursor,
        to: cursor,
        reason: gapReason,
      })
      .describe(
        'Lines that were left out: `slow_viewer` (fetch them) or `retention` (Kafka no longer has them; the database may). `matched` is null when nobody can know',
      ),
    z
      .object({ type: z.literal('fetched'), from: z.string(), to: cursor })
      .describe('The answer to a `fetch` is complete'),
    z
      .object({ type: z.literal('status'), connection: connectionStatusView.extend({ id: z.string() }) })
      .describe('How a connection does: the status of the API, with the id of the connection'),
    z
      .object({ type: z.literal('alert'), event: z.enum(alertEventSymbols), alert: alertView })
      .describe('An alert fired, escalated, was updated, resolved or read; `alert` is the alert as it is now'),
    z
      .object({ type: z.literal('heartbeat') })
      .describe('Every 5 seconds: after a longer silence the connection is dead'),
    z
      .object({
        type: z.literal('error'),
        code: z.string(),
        detail: z.string(),
        retry_after_seconds: z.int().optional(),
      })
      .describe(
        'What was wrong with a frame; the socket stays open. `fetch.busy` and `message.busy`, where too much is asked for at once, also carry `retry_after_seconds`',
      ),
  ])
  .meta({ id: 'ServerFrame' });

export type ServerFrame = output<typeof serverFrame>;

/** Both directions, for what is generated from them. */
export const frames = { ServerFrame: serverFrame, ClientFrame: clientFrame } as const;
