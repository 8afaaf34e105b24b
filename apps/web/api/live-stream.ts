import { backoffMs } from '@tailrace/errors/backoff-time.ts';
import {
  type ClientFrame,
  type CursorRange,
  type Gap,
  type LiveStatus,
  parseFrame,
  type ServerFrame,
} from './frames.ts';
import { GapFetches } from './gap-fetches.ts';
import type { LogFilter, LogLine } from './generated.ts';

/** Called with what a WebSocket does. */
export interface SocketListener {
  readonly onText: (text: string) => void;
  readonly onClose: (code: number, reason: string) => void;
}

/** As much of a WebSocket as is used. */
export interface Socket {
  send(text: string): void;
  close(): void;
}

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
  /** Called with where lines begin to come from, whenever the server has begun to send them. */
  readonly onStart: (cursor: string) => void;
  readonly onLines: (lines: readonly LogLine[]) => void;
  readonly onGap: (gap: Gap) => void;
  readonly onStatus: (status: LiveStatus) => void;
  readonly onState: (state: StreamState) => void;
  /** Something the person should know: the server could not do what was asked. */
  readonly onError: (code: string, detail: string) => void;
  readonly onAlert?: (alert: unknown) => void;
  /** Called when the exact place to continue from is lost: lines may be missing between what was shown and what comes. */
  readonly onBreak: (detail: string) => void;
  readonly random?: () => number;
}

const reconnectTimes = { initialMs: 250, maxMs: 10_000 };
/** Close code of a session or token that has expired. */
const expired = 4401;
/** Close code of a connection that ended without a word (RFC 6455, 7.4.1). */
const lost = 1006;
/** Rereads this much when the place to go on from was lost. */
const overlap = '-1m';
/** The server says something every 5 s: after a silence of this much the connection is in doubt. */
const silenceMs = 20_000;
/** So long it may still say something: a page that stood still has not read what came meanwhile. */
const doubtMs = 8000;

/**
 * A project's live lines over one WebSocket: connects again by itself from the last cursor, so that every matching line
 * comes once, or is reported as a gap. Knows nothing of the page.
 */
export class LiveStream {
  readonly #options: LiveStreamOptions;
  #socket: Socket | undefined;
  #open = false;
  #filter: LogFilter = {};
  /** Where to go on from: a cursor, or what the page asked for when none has come yet. */
  #from: string | undefined;
  /** Subscriptions the server has not answered yet: until then lines are those of the one before. */
  #unanswered = 0;
  #paused = false;
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** Why the server follows nothing, though it was asked to. */
  #refusal: string | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #endSocket: (reason: string) => void = () => undefined;
  readonly #fetches: GapFetches;
  #closed = false;

  constructor(options: LiveStreamOptions) {
    this.#options = options;
    // The server has no filter of ours where nothing is followed, as after a connection that was lost while paused.
    this.#fetches = new GapFetches(({ from, to }) => this.#send({ type: 'fetch', from, to, filter: this.#filter }));
  }

  /** Follows with a filter from a cursor, a time, a span back such as `-30s`, or `now`; ends what was followed before. */
  follow(filter: LogFilter, from: string): void {
    this.#filter = filter;
    this.#from = from;
    this.#paused = false;
    this.#refusal = undefined;
    this.#fetches.giveUp('the filter has changed');
    if (this.#open) this.#subscribe();
    else if (this.#socket === undefined && this.#retry === undefined) this.#connect();
  }

  /** Follows nothing, and keeps the connection: the statuses of connections still come. */
  unfollow(): void {
    this.#from = undefined;
    this.#refusal = undefined;
    this.#fetches.giveUp('nothing is followed');
    if (this.#open) this.#send({ type: 'pause' });
    if (this.#socket === undefined && this.#retry === undefined) this.#connect();
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

  /** The lines of a gap. Survives a lost connection: then it is asked for again. @throws when they cannot be had */
  fetch(gap: CursorRange): Promise<readonly LogLine[]> {
    return this.#fetches.add(gap);
  }

  /** The network is back, or the page is seen again: connects at once, or sees whether it still is connected. */
  reconnectNow(): void {
    if (this.#socket !== undefined) this.#doubt();
    if (this.#retry === undefined) return;
    clearTimeout(this.#retry);
    this.#connect();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
    this.#fetches.giveUp('the page was left');
    this.#socket?.close();
  }

  #connect(): void {
    this.#retry = undefined;
    if (this.#closed) return;
    if (this.#failures === 0) this.#options.onState({ kind: 'connecting' });
    let ended = false;
    const end = (code: number, reason: string) => {
      if (ended) return;
      ended = true;
      this.#disconnected(code, reason);
    };
    const socket = this.#options.open({
      onText: (text) => {
        if (ended) return;
        this.#heard();
        const frame = parseFrame(text);
        if (frame) this.#receive(frame);
      },
      onClose: end,
    });
    this.#socket = socket;
    this.#heard();
    this.#endSocket = (reason) => {
      end(lost, reason);
      socket.close();
    };
  }

  #heard(): void {
    clearTimeout(this.#silence);
    if (!this.#closed) this.#silence = setTimeout(() => this.#doubt(), silenceMs);
  }

  /** A page does not learn that the other end has gone without a word, as when a network changes. */
  #doubt(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#endSocket('the server says nothing any more'), doubtMs);
  }

  #disconnected(code: number, reason: string): void {
    clearTimeout(this.#silence);
    this.#socket = undefined;
    this.#open = false;
    this.#unanswered = 0;
    this.#fetches.lost();
    if (this.#closed) return;
    // It may have been renewed meanwhile, or somebody signs in again: it goes on from where it was then.
    if (code === expired) this.#failures = 0;
    const waitMs = backoffMs(this.#failures, reconnectTimes, (this.#options.random ?? Math.random)());
    this.#failures += 1;
    this.#retry = setTimeout(() => this.#connect(), waitMs);
    this.#options.onState({
      kind: 'reconnecting',
      retryAt: Date.now() + waitMs,
      reason: code === expired ? 'the session has ended' : reason || 'the connection was lost',
    });
  }

  #receive(frame: ServerFrame): void {
    switch (frame.type) {
      case 'hello':
        this.#open = true;
        if (this.#from === undefined || this.#paused) this.#rest();
        else this.#subscribe();
        this.#fetches.opened();
        return;
      case 'subscribed':
        this.#failures = 0;
        this.#unanswered = Math.max(0, this.#unanswered - 1);
        if (this.#unanswered > 0 || this.#from === undefined) return;
        this.#from = frame.cursor;
        this.#options.onStart(frame.cursor);
        if (!this.#paused) this.#options.onState({ kind: 'live' });
        return;
      case 'logs':
        this.#lines(frame);
        return;
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
        this.#options.onAlert?.(frame.alert);
        return;
      case 'error':
        this.#refused(frame.code, frame.detail);
    }
  }

  /** Connected, and nothing is to come. */
  #rest(): void {
    this.#failures = 0;
    if (this.#paused) this.#options.onState({ kind: 'waiting' });
    else if (this.#refusal !== undefined) this.#options.onState({ kind: 'refused', reason: this.#refusal });
    else this.#options.onState({ kind: 'idle' });
  }

  #lines({ logs, cursor, fetched }: Extract<ServerFrame, { type: 'logs' }>): void {
    if (fetched) {
      this.#fetches.take(logs);
      return;
    }
    // Until the answer these are lines of a filter that nobody wants any more.
    if (this.#unanswered > 0 || this.#from === undefined) return;
    if (cursor !== undefined) this.#from = cursor;
    if (logs.length > 0) this.#options.onLines(logs);
  }

  #refused(code: string, detail: string): void {
    if (code === 'cursor.invalid' && this.#unanswered > 0) {
      this.#unanswered -= 1;
      this.#from = overlap;
      this.#options.onBreak(detail);
      this.#subscribe();
      return;
    }
    if (code.startsWith('fetch.')) {
      const isTold = this.#fetches.isWanted;
      // `fetch.expired` is followed by what is left, then by `fetched`.
      if (code !== 'fetch.expired') this.#fetches.failed(detail);
      if (isTold) this.#options.onError(code, detail);
      return;
    }
    this.#unanswered = Math.max(0, this.#unanswered - 1);
    // What was refused is not wanted any more: another answer is under way.
    if (code === 'message.invalid' && this.#unanswered > 0) return;
    this.#options.onError(code, detail);
    if (this.#unanswered > 0) return;
    if (code === 'message.invalid') this.#stay();
    else this.#endSocket(detail);
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
    this.#socket?.send(JSON.stringify(frame));
  }
}
