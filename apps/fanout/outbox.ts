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

/** What goes out to one viewer, with the amount that waits for it bounded by whoever asks `isFull` first. */
export class Outbox {
  readonly #socket: FrameSocket;
  readonly #waiting = new Set<() => void>();
  #onDrained: () => void = () => undefined;

  constructor(socket: FrameSocket) {
    this.#socket = socket;
  }

  get isFull(): boolean {
    return this.#socket.bufferedAmount > highWater;
  }

  /** Called whenever little enough is waiting. */
  onDrained(callback: () => void): void {
    this.#onDrained = callback;
  }

  send(frame: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(frame, () => {
      if (this.#socket.bufferedAmount > lowWater) return;
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
}
