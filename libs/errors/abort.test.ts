import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { unlessAborted, untilAborted } from './abort.ts';

it('an abortable wait waits until the signal aborts, and not at all after', async () => {
  const controller = new AbortController();
  let over = false;
  const waiting = untilAborted(controller.signal).then(() => {
    over = true;
  });
  await Promise.resolve();
  expect(over).toBe(false);
  controller.abort();
  await waiting;
  await untilAborted(controller.signal);
});

it('an abortable wait gives the answer, or the reason when the signal aborts before it', async () => {
  const controller = new AbortController();
  const never = new Promise<never>(() => undefined);
  expect(await unlessAborted(Promise.resolve('answer'), controller.signal)).toBe('answer');
  await expect(unlessAborted(Promise.reject(new Error('failed')), controller.signal)).rejects.toThrow('failed');
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  const waiting = unlessAborted(never, controller.signal);
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await expect(unlessAborted(never, controller.signal)).rejects.toThrow('enough');
});
