import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, remedyOf } from '@tailrace/errors/tailrace-error.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';

const firstPauseMs = 250;
const longestPauseMs = 5000;

export interface RetryOptions {
  /** What is waited for, for the log: "Kafka". */
  readonly name: string;
  readonly logger: Logger;
  /** Told what is waited for and why the attempt failed, before the next one. */
  readonly onFailure: (reason: string) => void;
  /** Ends the waiting; the promise rejects with its reason. */
  readonly signal: AbortSignal;
}

/**
 * Tries until it works: a process may be started before what it needs. Pauses grow to 5 s.
 * @throws what no retry can mend (remedy `give-up`), at once.
 */
export async function retryWhileAway<Value>(attempt: () => Promise<Value>, options: RetryOptions): Promise<Value> {
  const { name, logger, onFailure, signal } = options;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (remedyOf(error) === 'give-up') throw error;
      onFailure(`${name}: ${messageOf(error)}`);
      logger.warn({ err: error, retryInMs: pauseMs }, `${name} cannot be used yet: ${messageOf(error)}`);
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
