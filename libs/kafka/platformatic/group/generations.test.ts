import { expect, test } from 'vitest';
import { Generations } from './generations.ts';

const zero = { topic: 't', partition: 0 };
const one = { topic: 't', partition: 1 };

function member(generationId: number, changed: Promise<void> = new Promise(() => undefined)) {
  return {
    generationId,
    owns: ({ partition }: { readonly partition: number }) => partition === 0,
    nextChange: () => changed,
  };
}

test('the generation after a stale one is there at once when it is known', async () => {
  const generations = new Generations();
  generations.add('m', member(7));
  expect(await generations.after('m', 6, [zero])).toBe(7);
});

test('it is waited for while the member rejoins', async () => {
  const generations = new Generations();
  const rejoined = Promise.withResolvers<void>();
  generations.add('m', member(6, rejoined.promise));
  const next = generations.after('m', 6, [zero]);
  generations.add('m', member(7));
  rejoined.resolve();
  expect(await next).toBe(7);
});

test('there is none for a partition that was lost, nor for a member of somebody else', async () => {
  const generations = new Generations();
  generations.add('m', member(7));
  expect(await generations.after('m', 6, [zero, one])).toBeUndefined();
  expect(await generations.after('other', 6, [zero])).toBeUndefined();
});

test('it is not waited for any more when the membership ends', async () => {
  const generations = new Generations();
  const ended = Promise.withResolvers<void>();
  generations.add('m', member(6, ended.promise));
  const next = generations.after('m', 6, [zero]);
  generations.remove('m');
  ended.resolve();
  expect(await next).toBeUndefined();
});
