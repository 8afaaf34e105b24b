import { expect, it } from 'vitest';
import { lineShape } from './line-shape.ts';

it.each([
  ['order 42 placed in 1,203.5 ms', 'order # placed in # ms'],
  ['job 3f2504e0-4f89-11d3-9a0c-0305e82c3301 of "Ann Lee" done', 'job # of "…" done'],
  ['added bed 5a7fc1d90', 'added bed #'],
  ['first line 1\nsecond line', 'first line #'],
  [`${'a '.repeat(200)}`, `${'a '.repeat(79)}a…`],
  ['\'\' stays ""', '\'\' stays ""'],
])('%j looks like %j', (line, shape) => {
  expect(lineShape(line)).toBe(shape);
});
