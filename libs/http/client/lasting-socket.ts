import { backoffMs } from '@tailrace/errors/backoff-time.ts';

/** Called with what a WebSocket does. */
export interface SocketListener {
  /** @returns a promise while what came is being taken: nothing more is read from the socket until then, where that can be. */
  readonly onText: (text: string) => void | Promise<void>;
  readonly onClose: (code: number, reason: string) => void;
}

/** As much of a WebSocket as is used; a browser's and the `ws` package's differ. */
export interface Socket {
  send(text: string): void;
  close(): void;
}

/** Close code of a session or token that has expired. */
export const expired = 4401;

export interface Lost {
  /** When it connects again, milliseconds since the epoch. */
  readonly retryAt: number;
  /** The close code (RFC 6455, 7.4), or `expired`. */
  readonly code: number;
  readonly reason: string;
}

interface LastingSocketOptions {
  readonly open: (listener: SocketListener) => Socket;
  readonly onText: SocketListener['onText'];
  readonly onConnecting: () => void;
  /** Called whenever the connection is lost; it is opened again later. */
  readonly onLost: (lost: Lost) => void;
  readonly random?: (() => number) | undefined;
}

const reconnectTimes = { initialMs: 250, maxMs: 10_000 };
/** Close code of a connection that ended without a word (RFC 6455, 7.4.1). */
const lost = 1006;
/** The server sends something every 5 s: after a silence of this much the connection is in doubt. */
const silenceMs = 20_000;
/** So long something may still come: a page that stood still has not read what came meanwhile. */
const doubtMs = 8000;

/** A WebSocket that is opened again with exponential back-off when it is lost, or when the server is silent for too long. */
export class LastingSocket {
  readonly #options: LastingSocketOptions;
  #socket: Socket | undefined;
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #end: (code: number, reason: string) => void = () => undefined;
  /** Texts that are still being taken. */
  #taking = 0;
  #closed = false;

  constructor(options: LastingSocketOptions) {
    this.#options = options;
  }

  /** Whether it is open, being opened, or waits to be. */
  get isStarted(): boolean {
    return this.#socket !== undefined || this.#retry !== undefined;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  connect(): void {
    this.#retry = undefined;
    if (this.#closed) return;
    if (this.#failures === 0) this.#options.onConnecting();
    let hasEnded = false;
    const end = (code: number, reason: string) => {
      if (hasEnded) return;
      hasEnded = true;
      this.#lost(code, reason);
    };
    const socket = this.#options.open({
      onText: (text) => {
        if (hasEnded) return;
        this.#heard();
        const taken = this.#options.onText(text);
        if (taken) this.#hold(taken);
        return taken;
      },
      onClose: end,
    });
    this.#end = end;
    if (hasEnded) return;
    this.#socket = socket;
    this.#heard();
  }

  /** The connection does what it is for: the next loss is the first one again. */
  succeeded(): void {
    this.#failures = 0;
  }

  send(text: string): void {
    this.#socket?.send(text);
  }

  /** The network is back, or the page is seen again: connects at once, or sees whether it still is connected. */
  reconnectNow(): void {
    if (this.#socket !== undefined) this.#doubt();
    if (this.#retry === undefined) return;
    clearTimeout(this.#retry);
    this.connect();
  }

  /** Ends the connection as it is, and opens another. */
  drop(reason: string): void {
    const socket = this.#socket;
    this.#end(lost, reason);
    socket?.close();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
    this.#socket?.close();
  }

  #heard(): void {
    clearTimeout(this.#silence);
    if (!this.#closed && this.#taking === 0) this.#silence = setTimeout(() => this.#doubt(), silenceMs);
  }

  /** A silence while nothing is read is our own. */
  #hold(taken: Promise<void>): void {
    this.#taking += 1;
    clearTimeout(this.#silence);
    void taken.finally(() => {
      this.#taking -= 1;
      if (this.#socket !== undefined) this.#heard();
    });
  }

  /** A page does not learn that the other end has gone without a word, as when a network changes. */
  #doubt(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.drop('the server has fallen silent'), doubtMs);
  }

  #lost(code: number, reason: string): void {
    clearTimeout(this.#silence);
    this.#socket = undefined;
    if (this.#closed) return;
    // It may have been renewed meanwhile, or somebody signs in again: it continues from where it was then.
    if (code === expired) this.#failures = 0;
    const waitMs = backoffMs(this.#failures, reconnectTimes, (this.#options.random ?? Math.random)());
    this.#failures += 1;
    this.#retry = setTimeout(() => this.connect(), waitMs);
    this.#options.onLost({ retryAt: Date.now() + waitMs, code, reason });
  }
}
