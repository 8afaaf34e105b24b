import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DueQueue } from './due-queue.ts';

it('the due queue gives everyone whose last time has come, once', () => {
  const step = fc.oneof(
    fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), at: fc.integer({ min: 0, max: 20 }) }),
    fc.record({ take: fc.integer({ min: 0, max: 20 }) }),
    fc.record({ forget: fc.constantFrom('a', 'b') }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new DueQueue();
      const model = new Map<string, number>();
      for (const each of steps) {
        if ('key' in each) {
          queue.set(each.key, each.at);
          model.set(each.key, each.at);
        } else if ('forget' in each) {
          queue.delete(each.forget);
          model.delete(each.forget);
        } else {
          const expected = [...model].filter(([, at]) => at <= each.take).map(([key]) => key);
          for (const key of expected) model.delete(key);
          expect(queue.take(each.take).sort()).toEqual(expected.sort());
        }
      }
    }),
  );
});
