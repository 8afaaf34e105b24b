import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '@tailrace/errors/tailrace-error.ts';

/** What a replay waits for, in a stable word and for people. */
export interface Waiting {
  readonly reason: 'live_lag' | 'database' | 'kafka';
  readonly detail: string;
}

/** How live does. */
export interface LiveState {
  /** What is behind now; undefined when nothing is. */
  readonly behind: Waiting | undefined;
  /** Whether live lines come. */
  readonly flows: boolean;
}

const intervalMs = 1000;
const unknown: LiveState = {
  behind: { reason: 'live_lag', detail: 'the live pipeline has not been looked at yet' },
  flows: true,
};

/**
 * Whether live lines come and whether the live pipeline is behind, looked at about once a second, and only while a replay
 * runs: when none does, nothing is asked of anybody.
 */
export class LiveLag {
  readonly #measure: () => Promise<LiveState>;
  #watchers = 0;
  #stop: AbortController | undefined;
  #state = unknown;
  #measured = Promise.withResolvers<void>();

  constructor(measure: () => Promise<LiveState>) {
    this.#measure = measure;
  }

  /** Begins to look; the answer ends it. */
  watch(): () => void {
    this.#watchers += 1;
    if (this.#watchers === 1) {
      this.#stop = new AbortController();
      this.#state = unknown;
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
    return this.#state.behind;
  }

  /** Whether somebody waits for live lines: true also where that is not known. */
  get flows(): boolean {
    return this.#state.flows;
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
      const state = await this.#measure().catch((error): LiveState => {
        const reason = isDatabaseError(error) ? 'database' : 'kafka';
        return { behind: { reason, detail: messageOf(error) }, flows: true };
      });
      if (signal.aborted) return;
      this.#state = state;
      this.#measured.resolve();
      this.#measured = Promise.withResolvers();
      await delay(intervalMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

function isDatabaseError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && String(error.code).startsWith('postgres.');
}
