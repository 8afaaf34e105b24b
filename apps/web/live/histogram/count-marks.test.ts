import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countMarks } from './count-marks.ts';

test.each([
  [518, [0, 200, 400]],
  [100, [0, 50, 100]],
  [4, [0, 2, 4]],
  [1, [0, 1]],
  [12_345, [0, 5000, 10_000]],
])('%i: %j', (max, marks) => {
  expect(countMarks(max)).toEqual(marks);
});

test('marks are whole numbers in the upper half too, and none is beyond the end', () => {
  fc.assert(
    fc.property(fc.double({ min: 4, max: 1e9, noNaN: true }), (max) => {
      const marks = countMarks(max);
      expect(marks.every((mark) => Number.isInteger(mark) && mark <= max)).toBe(true);
      expect(marks.at(-1)).toBeGreaterThan(max * 0.39);
    }),
  );
});
