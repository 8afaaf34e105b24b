import { createLogger } from '@tailrace/telemetry/logger.ts';
import { expect, it } from 'vitest';
import { retryWhileAway } from './retry-while-away.ts';

const logger = createLogger({ level: 'silent' });

it('the retry loop names the cause of the last failure while it pauses, however long the pause', async () => {
  const reasons: string[] = [];
  let attempts = 0;
  // The pauses before the fifth grow to two seconds.
  const attempt = async () => {
    attempts += 1;
    if (attempts < 5) throw new Error('permission denied for schema public');
    return 'there';
  };
  const options = { name: 'postgresql', logger, signal: new AbortController().signal };
  expect(await retryWhileAway(attempt, { ...options, onWaiting: (reason) => reasons.push(reason) })).toBe('there');
  expect(new Set(reasons)).toEqual(new Set(['postgresql: permission denied for schema public']));
});

it('the retry loop says that it waits while an attempt takes long by itself', async () => {
  const waiting = Promise.withResolvers<string>();
  const options = { name: 'kafka', logger, signal: new AbortController().signal };
  await retryWhileAway(() => waiting.promise, { ...options, onWaiting: waiting.resolve });
  expect(await waiting.promise).toBe('kafka: has not answered yet');
});
