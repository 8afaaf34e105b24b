import { type ClientFrame, type Gap, type LiveStatus, parseFrame, type ServerFrame } from './frames.ts';
import type { LogFilter, LogLine } from './generated.ts';

/** Told what a WebSocket does. */
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
  /** Told where lines begin to come from, whenever the server has begun to send them. */
  readonly onStart: (cursor: string) => void;
  readonly onLines: (lines: readonly LogLine[]) => void;
  readonly onGap: (gap: Gap) => void;
  readonly onStatus: (status: LiveStatus) => void;
  readonly onState: (state: StreamState) => void;
  /** Something the person should know: the server could not do what was asked. */
  readonly onError: (code: string, detail: string) => void;
  readonly onAlert?: (alert: unknown) => void;
  /** Told when the exact place to go on from is lost: lines may be missing between what was shown and what comes. */
  readonly onBreak: (detail: string) => void;
  readonly random?: () => number;
}

interface Fetch {
  readonly from: string;
  readonly to: string;
  /** Whether somebody still waits for it. */
  isWanted: boolean;
  readonly lines: LogLine[];
  readonly resolve: (lines: readonly LogLine[]) => void;
  readonly reject: (error: Error) => void;
}

const firstDelayMs = 250;
const longestDelayMs = 10_000;
/** Close code of a token that has expired. */
const expired = 4401;
/** Rereads this much when the place to go on from was lost. */
const overlap = '-1m';

/**
 * A project's live lines over one WebSocket: connects again by itself from the last cursor, so that every matching line
 * comes once, or is told as a gap. Knows nothing of the page.
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
  /** The first is what the server answers, once the connection is open. */
  #fetches: Fetch[] = [];
  #closed = false;

  constructor(options: LiveStreamOptions) {
    this.#options = options;
  }

  /** Follows with a filter from a cursor, a time, a span back such as `-30s`, or `now`; ends what was followed before. */
  follow(filter: LogFilter, from: string): void {
    this.#filter = filter;
    this.#from = from;
    this.#paused = false;
    this.#giveUpFetches('the filter has changed');
    if (this.#open) this.#subscribe();
    else if (this.#socket === undefined && this.#retry === undefined) this.#connect();
  }

  /** Follows nothing, and keeps the connection: the statuses of connections still come. */
  unfollow(): void {
    this.#from = undefined;
    this.#giveUpFetches('nothing is followed');
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
  fetch(gap: Pick<Gap, 'from' | 'to'>): Promise<readonly LogLine[]> {
    return new Promise((resolve, reject) => {
      this.#fetches.push({ from: gap.from, to: gap.to, isWanted: true, lines: [], resolve, reject });
      if (this.#open && this.#fetches.length === 1) this.#fetchNext();
    });
  }

  /** Tries at once: the network is back. */
  reconnectNow(): void {
    if (this.#retry === undefined) return;
    clearTimeout(this.#retry);
    this.#connect();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#giveUpFetches('the page was left');
    this.#socket?.close();
  }

  #connect(): void {
    this.#retry = undefined;
    if (this.#closed) return;
    if (this.#failures === 0) this.#options.onState({ kind: 'connecting' });
    let ended = false;
    this.#socket = this.#options.open({
      onText: (text) => {
        const frame = ended ? undefined : parseFrame(text);
        if (frame) this.#receive(frame);
      },
      onClose: (code, reason) => {
        if (ended) return;
        ended = true;
        this.#disconnected(code, reason);
      },
    });
  }

  #disconnected(code: number, reason: string): void {
    this.#socket = undefined;
    this.#open = false;
    this.#unanswered = 0;
    this.#fetches = this.#fetches.filter(({ isWanted }) => isWanted);
    if (this.#closed) return;
    if (code === expired) {
      this.#options.onState({ kind: 'refused', reason: 'The token has expired.' });
      return;
    }
    const chance = 0.5 + (this.#options.random ?? Math.random)() / 2;
    const waitMs = Math.min(longestDelayMs, firstDelayMs * 2 ** this.#failures) * chance;
    this.#failures += 1;
    this.#retry = setTimeout(() => this.#connect(), waitMs);
    this.#options.onState({
      kind: 'reconnecting',
      retryAt: Date.now() + waitMs,
      reason: reason || 'the connection was lost',
    });
  }

  #receive(frame: ServerFrame): void {
    switch (frame.type) {
      case 'hello':
        this.#open = true;
        this.#failures = 0;
        if (this.#from === undefined) this.#options.onState({ kind: 'idle' });
        else if (!this.#paused) this.#subscribe();
        this.#fetchNext();
        return;
      case 'subscribed':
        this.#unanswered = Math.max(0, this.#unanswered - 1);
        if (this.#unanswered > 0) return;
        this.#from = frame.cursor;
        this.#options.onStart(frame.cursor);
        this.#options.onState({ kind: 'live' });
        return;
      case 'logs':
        this.#lines(frame);
        return;
      case 'gap':
        if (this.#unanswered > 0) return;
        this.#from = frame.to;
        this.#options.onGap(frame);
        return;
      case 'fetched':
        this.#endFetch((done) => done.resolve(done.lines));
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

  #lines({ logs, cursor, fetched }: Extract<ServerFrame, { type: 'logs' }>): void {
    if (fetched) {
      this.#fetches[0]?.lines.push(...logs);
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
      const isTold = this.#fetches[0]?.isWanted === true;
      // `fetch.expired` is followed by what is left, then by `fetched`.
      if (code !== 'fetch.expired') this.#endFetch((failed) => failed.reject(new Error(detail)));
      if (!isTold) return;
    } else if (this.#unanswered > 0) {
      this.#unanswered -= 1;
    }
    this.#options.onError(code, detail);
  }

  #subscribe(): void {
    if (this.#from === undefined) return;
    this.#unanswered += 1;
    this.#send({ type: 'subscribe', filter: this.#filter, from: this.#from });
  }

  #fetchNext(): void {
    const [next] = this.#fetches;
    if (!next) return;
    next.lines.length = 0;
    // The server has no filter of ours where nothing is followed, as after a connection that was lost while paused.
    this.#send({ type: 'fetch', from: next.from, to: next.to, filter: this.#filter });
  }

  #endFetch(settle: (fetch: Fetch) => void): void {
    const ended = this.#fetches.shift();
    if (ended) settle(ended);
    this.#fetchNext();
  }

  /** Nobody waits for them any more. The one that the server is answering stays the first until that has ended. */
  #giveUpFetches(reason: string): void {
    for (const each of this.#fetches) {
      each.isWanted = false;
      each.reject(new Error(reason));
    }
    this.#fetches = this.#open ? this.#fetches.slice(0, 1) : [];
  }

  #send(frame: ClientFrame): void {
    this.#socket?.send(JSON.stringify(frame));
  }
}
