import type { ConnectionStatus, LogFilter, LogLine } from './generated.ts';

/** How a connection does, as the WebSocket sends it: the API's status, with the connection's id. */
export type LiveStatus = ConnectionStatus & { readonly id: string };

/** A part of the live stream, from cursor to cursor. */
export interface CursorRange {
  readonly from: string;
  readonly to: string;
}

/** Lines that were not sent. */
export interface Gap extends CursorRange {
  /** Matching lines in it; null when nobody can know. */
  readonly matched: number | null;
  readonly reason: 'slow_viewer' | 'retention';
}

/** What the server says; see docs/websocket.md. */
export type ServerFrame =
  | { readonly type: 'hello'; readonly cursor: string }
  | { readonly type: 'subscribed'; readonly cursor: string }
  | { readonly type: 'logs'; readonly logs: readonly LogLine[]; readonly cursor?: string; readonly fetched?: boolean }
  | ({ readonly type: 'gap' } & Gap)
  | { readonly type: 'fetched'; readonly from: string; readonly to: string }
  | { readonly type: 'status'; readonly connection: LiveStatus }
  | { readonly type: 'alert'; readonly alert: unknown }
  | { readonly type: 'error'; readonly code: string; readonly detail: string };

export type ClientFrame =
  | { readonly type: 'subscribe'; readonly filter: LogFilter; readonly from: string }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  | { readonly type: 'fetch'; readonly from: string; readonly to: string; readonly filter: LogFilter };

const known: readonly string[] = ['hello', 'subscribed', 'logs', 'gap', 'fetched', 'status', 'alert', 'error'];

/** A frame of the same origin's own server; undefined for one that a newer server may send, and for what is no frame. */
export function parseFrame(text: string): ServerFrame | undefined {
  try {
    const frame: ServerFrame = JSON.parse(text);
    if (!known.includes(frame.type)) return undefined;
    if (frame.type === 'logs' && !Array.isArray(frame.logs)) return undefined;
    return frame.type === 'status' && typeof frame.connection?.id !== 'string' ? undefined : frame;
  } catch {
    return undefined;
  }
}
