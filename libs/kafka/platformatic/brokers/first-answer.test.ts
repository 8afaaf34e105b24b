import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { firstAnswer } from './first-answer.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const options = { patienceMs: 1000, isFinal: (error: unknown) => error instanceof RangeError };
const never = new Promise<string>(() => undefined);

it('the search for a broker that answers asks the next when one does not answer, and takes whichever answer comes first', async () => {
  const asked: string[] = [];
  const slow = Promise.withResolvers<string>();
  const ask = (name: string, answer: Promise<string>) => () => {
    asked.push(name);
    return answer;
  };
  const answer = firstAnswer([ask('a', slow.promise), ask('b', never), ask('c', never)], options);
  await vi.advanceTimersByTimeAsync(999);
  expect(asked).toEqual(['a']);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toEqual(['a', 'b']);
  slow.resolve('late, but first');
  expect(await answer).toBe('late, but first');
  await vi.advanceTimersByTimeAsync(5000);
  expect(asked).toEqual(['a', 'b']);
});

it('the search for a broker that answers asks the next at once when one fails', async () => {
  const asks = [() => Promise.reject(new Error('gone')), () => Promise.resolve('here')];
  expect(await firstAnswer(asks, options)).toBe('here');
});

it('the search for a broker that answers fails with the last failure when all have failed, and at once with one that is final', async () => {
  const failing = (error: Error) => () => Promise.reject(error);
  await expect(firstAnswer([failing(new Error('1')), failing(new Error('2'))], options)).rejects.toThrow('2');
  const asks = [failing(new RangeError('refused')), () => Promise.resolve('not asked')];
  await expect(firstAnswer(asks, options)).rejects.toThrow('refused');
});
