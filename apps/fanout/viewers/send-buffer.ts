/** The part of a WebSocket that a viewer needs; `ws` has it. */
export interface FrameSocket {
  readonly bufferedAmount: number;
  readonly OPEN: number;
  readonly readyState: number;
  send(data: string, flushed: (error?: Error) => void): void;
}

/** Bytes that may wait for a viewer before it counts as slow. */
const highWater = 1024 * 1024;
/** Bytes at which it counts as having caught up. */
const lowWater = 128 * 1024;
/** Bytes beyond which nobody seems to read at all: one live frame at its largest fits in, however full it was before. */
const mostUnread = 32 * 1024 * 1024;
/** Bytes that all viewers of a project together may leave unread, beside those who leave little. */
const mostUnreadOfProject = 128 * 1024 * 1024;

export interface OutboxOptions {
  readonly socket: FrameSocket;
  /** Bytes that wait for all viewers of the project together. */
  readonly unreadOfProject: () => number;
  /** Called once, when more waits than may: the socket is to be closed. Nothing is sent after it. */
  readonly onOverflow: () => void;
}

/**
 * What goes out to one viewer. Lines wait for `room` before they are read at all, or become a gap where `isFull` says so;
 * small messages always go. What then still piles up, because nobody reads, ends at a limit for the socket and one for its
 * project.
 */
export class SendBuffer {
  readonly #options: OutboxOptions;
  readonly #waiting = new Set<() => void>();
  #onDrained: () => void = () => undefined;
  #overflowed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Bytes that wait. */
  get unread(): number {
    return this.#options.socket.bufferedAmount;
  }

  get isFull(): boolean {
    return this.unread > highWater;
  }

  /** Called whenever little enough is waiting. */
  onDrained(callback: () => void): void {
    this.#onDrained = callback;
  }

  send(frame: string): void {
    const { socket } = this.#options;
    if (this.#overflowed || socket.readyState !== socket.OPEN) return;
    if (this.#isTooMuch(frame)) {
      this.#overflowed = true;
      this.#options.onOverflow();
      return;
    }
    socket.send(frame, () => {
      if (this.unread > lowWater) return;
      for (const resolve of this.#waiting) resolve();
      this.#onDrained();
    });
  }

  sendMessage(message: object): void {
    this.send(JSON.stringify(message));
  }

  /** Resolves when there is room for more. Rejects with the signal's reason. */
  async room(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.isFull) return;
    const drained = Promise.withResolvers<void>();
    const abort = () => drained.reject(signal.reason);
    this.#waiting.add(drained.resolve);
    signal.addEventListener('abort', abort, { once: true });
    await drained.promise.finally(() => {
      this.#waiting.delete(drained.resolve);
      signal.removeEventListener('abort', abort);
    });
  }

  /** A viewer that has read nearly everything is never the one to be closed, whatever the others of its project leave. */
  #isTooMuch(frame: string): boolean {
    const { unread } = this;
    if (unread === 0) return false;
    const together = unread + frame.length;
    if (together > mostUnread) return true;
    return unread > highWater && this.#options.unreadOfProject() + frame.length > mostUnreadOfProject;
  }
}
