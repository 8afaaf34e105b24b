import type { AlertView } from '@tailrace/alert-rules/alert-view.ts';
import type { ConnectionStatusView } from '@tailrace/log-query/connection-status-view.ts';
import { logFilter } from '@tailrace/log-query/log-filter.ts';
import type { AlertEvent } from '@tailrace/schemas/generated/alert-event.ts';
import { type output, z } from 'zod';

/**
 * What a client may say. Sent as JSON text frames of at most 64 KiB.
 *
 * `from` is a cursor, an RFC 3339 time, a duration back from now such as `-15m`, or `now`. Times are those of arrival
 * in Tailrace, not of the events. Left out: the viewer's present position, or now when it has none.
 */
export const clientMessage = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('subscribe'),
    filter: logFilter.default({}),
    from: z.string().min(1).max(10_000).optional(),
  }),
  z.strictObject({ type: z.literal('pause') }),
  z.strictObject({ type: z.literal('resume') }),
  /**
   * The lines of a gap: everything up to a cursor, under a filter (left out: the present one). `from` as in `subscribe`.
   * Ends with `fetched` or with an error: `fetch.invalid` (no such range), `fetch.failed` (Kafka is unreachable: ask again), `fetch.busy` (this
   * viewer, token or project fetches as much as it may: ask again later).
   * `fetch.expired` does not end it: a part was older than what Kafka keeps, and what is left follows.
   */
  z.strictObject({
    type: z.literal('fetch'),
    from: z.string().max(10_000),
    to: z.string().max(10_000),
    filter: logFilter.optional(),
  }),
]);

export type ClientMessage = output<typeof clientMessage>;

/** Why lines were not sent. */
export type GapReason =
  /** The viewer did not take them as fast as they came. They can be fetched. */
  | 'slow_viewer'
  /** They are older than what Kafka keeps. The database may have them. */
  | 'retention';

/** What the server says besides `logs`, whose frames are built once for many viewers (see frames.ts). */
export type ServerMessage =
  | { readonly type: 'hello'; readonly cursor: string; readonly project_id: string }
  /** From here on lines are those of the subscription. */
  | { readonly type: 'subscribed'; readonly cursor: string }
  | {
      readonly type: 'gap';
      /** Matching lines left out; null when nobody can know. */
      readonly matched: number | null;
      readonly from: string;
      readonly to: string;
      readonly reason: GapReason;
    }
  /** Every few seconds, so that silence means a lost connection. */
  | { readonly type: 'heartbeat' }
  /** The answer to `fetch` is complete. */
  | { readonly type: 'fetched'; readonly from: string; readonly to: string }
  | { readonly type: 'status'; readonly connection: ConnectionStatusView & { readonly id: string } }
  /** What has just happened to an alert, and the alert as it is from then on. */
  | { readonly type: 'alert'; readonly event: AlertEvent; readonly alert: AlertView }
  | {
      readonly type: 'error';
      readonly code: string;
      readonly detail: string;
      /** Of `fetch.busy` and `message.busy`, where too much is asked for at once: when to ask again. */
      readonly retry_after_seconds?: number;
    };
