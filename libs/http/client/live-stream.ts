import type { ClientFrame, LogFilterInput, LogLine, ServerFrame } from '../contract/generated.ts';
import { parseFrame } from '../contract/shape.ts';
import { GapFetches, type RangeSink } from './gap-fetches.ts';
import { expired, LastingSocket, type Lost, type Socket, type SocketListener } from './lasting-socket.ts';
import type { AlertNews, CursorRange, Gap, LiveStatus } from './stream-parts.ts';

/** How the stream stands. */
export type StreamState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'waiting' }
  /** Tries again at a time, milliseconds since the epoch; what came meanwhile will be sent then. */
  | { readonly kind: 'reconnecting'; readonly retryAt: number; readonly reason: string }
  /** Ended by the server for good. */
  | { readonly kind: 'refused'; readonly reason: string };

export interface LiveStreamOptions {
  /** Opens a WebSocket that follows nothing yet (`?paused=1`). */
  readonly open: (listener: SocketListener) => Socket;
  /** Called with where the live end is, at each connection and before anything else. */
  readonly onHello?: (cursor: string) => void;
  /** Called with where lines begin to come from, whenever the server has begun to send them. */
  readonly onStart: (cursor: string) => void;
  /** Takes lines. While it returns a promise that has not resolved, nothing more is read, where the socket can wait. */
  readonly onLines: (lines: readonly LogLine[]) => void | Promise<void>;
  readonly onGap: (gap: Gap) => void;
  readonly onStatus: (status: LiveStatus) => void;
  readonly onState: (state: StreamState) => void;
  /** Something the person should know: the server could not do what was asked. */
  readonly onError: (code: string, detail: string) => void;
  readonly onAlert?: (news: AlertNews) => void;
  /** Called when the exact place to continue from is lost: lines may be missing between what was shown and what comes. */
  readonly onBreak: (detail: string) => void;
  readonly random?: () => number;
}

/** Rereads this much when the place to continue from was lost. */
const overlap = '-1m';

/**
 * A project's live lines over one WebSocket: connects again by itself from the last cursor, so that every matching line
 * comes once, or is reported as a gap. Knows nothing of who reads it: the page and the command line do.
 */
export class LiveStream {
  readonly #options: LiveStreamOptions;
  readonly #socket: LastingSocket;
  /** Between `hello` and the loss of the connection. */
  #open = false;
  #filter: LogFilterInput = {};
  /** Where to continue from: a cursor, or what was asked for when none has come yet. */
  #from: string | undefined;
  /** Subscriptions the server has not answered yet: until then lines are those of the one before. */
  #unanswered = 0;
  #paused = false;
  /** Why the server follows nothing, though it was asked to. */
  #refusal: string | undefined;
  readonly #fetches: GapFetches;

  constructor(options: LiveStreamOptions) {
    this.#options = options;
    this.#socket = new LastingSocket({
      open: options.open,
      onText: (text) => this.#text(text),
      onConnecting: () => options.onState({ kind: 'connecting' }),
      onLost: (lost) => this.#disconnected(lost),
      random: options.random,
    });
    // The server has no filter of ours where nothing is followed, as after a connection that was lost while paused.
    this.#fetches = new GapFetches(({ from, to }) => this.#send({ type: 'fetch', from, to, filter: this.#filter }));
  }

  /** Follows with a filter from a cursor, a time, a span back such as `-30s`, or `now`; ends what was followed before. */
  follow(filter: LogFilterInput, from: string): void {
    this.#filter = filter;
    this.#from = from;
    this.#paused = false;
    this.#refusal = undefined;
    this.#fetches.giveUp('the filter has changed');
    if (this.#open) this.#subscribe();
    else if (!this.#socket.isStarted) this.#socket.connect();
  }

  /**
   * Follows nothing, and keeps the connection: the statuses of connections still come.
   * @param filter for what is fetched meanwhile
   */
  unfollow(filter: LogFilterInput = this.#filter): void {
    this.#filter = filter;
    this.#from = undefined;
    this.#refusal = undefined;
    this.#fetches.giveUp('nothing is followed');
    if (this.#open) this.#send({ type: 'pause' });
    if (!this.#socket.isStarted) this.#socket.connect();
    else if (this.#open) this.#options.onState({ kind: 'idle' });
  }

  /** Lets lines wait at the server until `resume`. */
  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    if (this.#open) this.#send({ type: 'pause' });
    this.#options.onState({ kind: 'waiting' });
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (!this.#open) return;
    this.#subscribe();
  }

  /** The lines of a gap. Survives a lost connection: then it is asked for again. @throws {FetchError} when they cannot be had */
  async fetch(gap: CursorRange): Promise<readonly LogLine[]> {
    const lines: LogLine[] = [];
    await this.fetchInto(gap, {
      begin: () => {
        lines.length = 0;
      },
      take: (some) => {
        for (const line of some) lines.push(line);
      },
    });
    return lines;
  }

  /** The same for more lines than may be kept at once. */
  fetchInto(gap: CursorRange, sink: RangeSink): Promise<void> {
    return this.#fetches.add(gap, sink);
  }

  /** The network is back, or the page is seen again: connects at once, or sees whether it still is connected. */
  reconnectNow(): void {
    this.#socket.reconnectNow();
  }

  close(): void {
    this.#fetches.giveUp('the stream was closed');
    this.#socket.close();
  }

  #disconnected({ retryAt, code, reason }: Lost): void {
    this.#open = false;
    this.#unanswered = 0;
    this.#fetches.lost();
    this.#options.onState({
      kind: 'reconnecting',
      retryAt,
      reason: code === expired ? 'the session has ended' : reason || 'the connection was lost',
    });
  }

  #text(text: string): void | Promise<void> {
    const parsed = parseFrame(text);
    if ('frame' in parsed) return this.#receive(parsed.frame);
    if ('wrong' in parsed)
      this.#options.onBreak(`The server sent what this program does not understand (${parsed.wrong}).`);
  }

  #receive(frame: ServerFrame): void | Promise<void> {
    switch (frame.type) {
      case 'hello':
        this.#open = true;
        this.#options.onHello?.(frame.cursor);
        if (this.#from === undefined || this.#paused) this.#rest();
        else this.#subscribe();
        this.#fetches.opened();
        return;
      case 'subscribed':
        this.#socket.succeeded();
        this.#unanswered = Math.max(0, this.#unanswered - 1);
        if (this.#unanswered > 0 || this.#from === undefined) return;
        this.#from = frame.cursor;
        this.#options.onStart(frame.cursor);
        if (!this.#paused) this.#options.onState({ kind: 'live' });
        return;
      case 'logs':
        return this.#lines(frame);
      case 'gap':
        if (this.#unanswered > 0 || this.#from === undefined) return;
        this.#from = frame.to;
        this.#options.onGap(frame);
        return;
      case 'fetched':
        this.#fetches.ended();
        return;
      case 'status':
        this.#options.onStatus(frame.connection);
        return;
      case 'alert':
        this.#options.onAlert?.(frame);
        return;
      case 'heartbeat':
        return;
      case 'error':
        this.#refused(frame.code, frame.detail);
    }
  }

  /** Connected, and nothing is to come. */
  #rest(): void {
    this.#socket.succeeded();
    if (this.#paused) this.#options.onState({ kind: 'waiting' });
    else if (this.#refusal !== undefined) this.#options.onState({ kind: 'refused', reason: this.#refusal });
    else this.#options.onState({ kind: 'idle' });
  }

  #lines({ logs, cursor, fetched }: Extract<ServerFrame, { type: 'logs' }>): void | Promise<void> {
    if (fetched) return this.#fetches.take(logs);
    // Until the answer these are lines of a filter that nobody wants any more.
    if (this.#unanswered > 0 || this.#from === undefined) return;
    if (cursor !== undefined) this.#from = cursor;
    if (logs.length > 0) return this.#options.onLines(logs);
  }

  #refused(code: string, detail: string): void {
    if (code === 'cursor.invalid' && this.#unanswered > 0) {
      this.#unanswered -= 1;
      this.#from = overlap;
      this.#options.onBreak(detail);
      if (!this.#socket.isClosed) this.#subscribe();
      return;
    }
    if (code.startsWith('fetch.')) {
      const isAwaited = this.#fetches.isWanted;
      // `fetch.expired` is followed by what is left, then by `fetched`.
      if (code !== 'fetch.expired') this.#fetches.failed(code, detail);
      if (isAwaited) this.#options.onError(code, detail);
      return;
    }
    this.#unanswered = Math.max(0, this.#unanswered - 1);
    // What was refused is not wanted any more: another answer is under way.
    if (code === 'message.invalid' && this.#unanswered > 0) return;
    this.#options.onError(code, detail);
    if (this.#unanswered > 0 || this.#socket.isClosed) return;
    if (code === 'message.invalid') this.#stay();
    else this.#socket.drop(detail);
  }

  /** What was asked for makes no sense, so nothing is followed: what the server followed before is not wanted either. */
  #stay(): void {
    this.unfollow();
    this.#refusal = 'Nothing is followed: the filter was refused.';
    this.#rest();
  }

  #subscribe(): void {
    if (this.#from === undefined) return;
    this.#unanswered += 1;
    this.#send({ type: 'subscribe', filter: this.#filter, from: this.#from });
  }

  #send(frame: ClientFrame): void {
    this.#socket.send(JSON.stringify(frame));
  }
}
