import type { StreamState } from '@tailrace/http/client/live-stream.ts';
import type { LiveStatus } from '@tailrace/http/client/stream-parts.ts';
import type { Refusal } from './refusal.ts';
import type { Row } from './row.ts';

/** What there is beyond an end of the rows. */
export type Edge =
  | { readonly kind: 'more' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'end' }
  | { readonly kind: 'full' }
  | { readonly kind: 'failed'; readonly reason: string };

/** What the page draws, apart from the rows themselves. A new object whenever something changed. */
export interface Snapshot {
  readonly stream: StreamState;
  /** Whether the newest line stays in sight. */
  readonly following: boolean;
  /** Lines that came while not following. */
  readonly fresh: number;
  readonly older: Edge;
  readonly newer: Edge;
  readonly statuses: ReadonlyMap<string, LiveStatus>;
  /** What the server says is wrong, such as with an expression. */
  readonly problem: string | undefined;
  /** Why nothing is shown: the filter or the time makes no sense. */
  readonly refusal: Refusal | undefined;
  /** Keys of gaps that are being fetched. */
  readonly fetching: ReadonlySet<string>;
  /** A row to bring into sight; a new object each time. */
  readonly reveal: { readonly row: Row } | undefined;
}

export const nothingYet: Snapshot = {
  stream: { kind: 'idle' },
  following: true,
  fresh: 0,
  older: { kind: 'end' },
  newer: { kind: 'end' },
  statuses: new Map(),
  problem: undefined,
  refusal: undefined,
  fetching: new Set(),
  reveal: undefined,
};
