import type { ServerFrame } from '../contract/generated.ts';

type FrameOf<Type extends ServerFrame['type']> = Extract<ServerFrame, { readonly type: Type }>;

/** How a connection does, as the WebSocket sends it: the API's status, with the connection's id. */
export type LiveStatus = FrameOf<'status'>['connection'];

/** What has just happened to an alert, and the alert as it is from then on. */
export type AlertNews = Omit<FrameOf<'alert'>, 'type'>;

/** Lines that were not sent. */
export type Gap = Omit<FrameOf<'gap'>, 'type'>;

/** A part of the live stream, from cursor to cursor. */
export type CursorRange = Pick<Gap, 'from' | 'to'>;
