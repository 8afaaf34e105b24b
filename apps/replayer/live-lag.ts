import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '@tailrace/errors/tailrace-error.ts';

/** What a replay waits for, in a stable word and for people. */
export interface Waiting {
  readonly reason: 'live_lag' | 'database' | 'kafka';
  readonly detail: string;
}

const intervalMs = 1000;

/**
 * Whether the live pipeline is behind, looked at about once a second, and only while a replay runs: when none does,
 * nothing is asked of anybody.
 */
export class LiveLag {
  readonly #measure: () => Promise<Waiting | undefined>;
  #watchers = 0;
  #stop: AbortController | undefined;
  #behind: Waiting | undefined;
  #measured = Promise.withResolvers<void>();

  /** @param measure what is behind now; undefined when nothing is. */
  constructor(measure: () => Promise<Waiting | undefined>) {
    this.#measure = measure;
  }

  /** Begins to look; the answer ends it. */
  watch(): () => void {
    this.#watchers += 1;
    if (this.#watchers === 1) {
      this.#stop = new AbortController();
      this.#behind = { reason: 'live_lag', detail: 'the live pipeline has not been looked at yet' };
      void this.#look(this.#stop.signal);
    }
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#watchers -= 1;
      if (this.#watchers === 0) this.#stop?.abort();
    };
  }

  get behind(): Waiting | undefined {
    return this.#behind;
  }

  /** Resolves after the next look, or when the signal aborts. */
  async next(signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<void>();
    const abort = () => aborted.resolve();
    signal.addEventListener('abort', abort, { once: true });
    if (!signal.aborted) await Promise.race([this.#measured.promise, aborted.promise]);
    signal.removeEventListener('abort', abort);
  }

  async #look(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const behind = await this.#measure().catch((error): Waiting => {
        return { reason: isDatabaseError(error) ? 'database' : 'kafka', detail: messageOf(error) };
      });
      if (signal.aborted) return;
      this.#behind = behind;
      this.#measured.resolve();
      this.#measured = Promise.withResolvers();
      await delay(intervalMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

function isDatabaseError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && String(error.code).startsWith('postgres.');
}
