import { setTimeout as delay } from 'node:timers/promises';
import type { Problem } from '../problem.ts';

/**
 * How long the answer to somebody who asks too often is held back, milliseconds. Connections are limited by address, so
 * this limits how many refusals a second a caller gets who asks again at once: refusing would otherwise take all the time
 * of the process that the limits save. Well below any `Retry-After` that such an answer carries.
 */
const pauseMs = 250;

/** Resolves when a refusal may be sent: at once, but for 429. */
export async function refusalPause({ status }: Problem): Promise<void> {
  if (status === 429) await delay(pauseMs);
}
