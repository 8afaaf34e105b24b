import { setTimeout as delay } from 'node:timers/promises';
import { unlessAborted } from '@tailrace/errors/abort.ts';
import { explanationOf, remedyOf } from '@tailrace/errors/tailrace-error.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';

const firstPauseMs = 250;
const longestPauseMs = 5000;
/** An attempt may try for long by itself; after this the log says what is waited for. */
const quietMs = 1000;

export interface RetryOptions {
  /** What is waited for, in small letters: "kafka". */
  readonly name: string;
  readonly logger: Logger;
  /** Called with what is waited for and why, whenever that is known better. */
  readonly onWaiting: (reason: string) => void;
  /** Ends the waiting at once; the promise rejects with its reason. */
  readonly signal: AbortSignal;
}

/**
 * Tries until it works: a process may be started before what it needs. Pauses grow to 5 s.
 * @throws what no retry can mend (remedy `give-up`), at once.
 */
export async function retryWhileAway<Value>(attempt: () => Promise<Value>, options: RetryOptions): Promise<Value> {
  const { name, logger, onWaiting, signal } = options;
  /** Why it failed last: that it is not there yet says less. */
  let reason: string | undefined;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    signal.throwIfAborted();
    const quiet = setTimeout(() => {
      onWaiting(`${name}: ${reason ?? 'has not answered yet'}`);
      if (reason === undefined) logger.warn(`${name} is not reachable yet; retrying`);
    }, quietMs);
    try {
      // The pause has its own reason, and is not the attempt's time.
      return await unlessAborted(attempt(), signal).finally(() => clearTimeout(quiet));
    } catch (error) {
      signal.throwIfAborted();
      if (remedyOf(error) === 'give-up') throw error;
      reason = explanationOf(error);
      onWaiting(`${name}: ${reason}`);
      logger.warn({ err: error, retryInMs: pauseMs }, `${name} cannot be used yet: ${reason}`);
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
