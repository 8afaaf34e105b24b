import { expect, it } from 'vitest';
import { percent, sharesText } from './shares-text.ts';

it.each([
  [0, 0, '0 %'],
  [0, 7, '0 %'],
  [1, 10_000, '<1 %'],
  [94, 100, '94 %'],
  [9999, 10_000, '99 %'],
  [10_000, 10_000, '100 %'],
])('%d of %d is %s', (part, whole, text) => {
  expect(percent(part, whole)).toBe(text);
});

it('shares are said in one line', () => {
  expect(sharesText({ lines: 200, with_level: 188, with_time: 200, plain: 12 })).toBe(
    'level on 94 %, time on 100 %, 6 % plain',
  );
});
