import { expect, test } from 'vitest';
import { differenceGroups } from './difference-groups.ts';

const example = (number: number, old: Record<string, string>, now: Record<string, string>, connection = 'conn_a') => ({
  record_id: `record_${number}`,
  timestamp: '2026-01-31T08:00:00.000000Z',
  connection_id: connection,
  kinds: [...new Set([...Object.keys(old), ...Object.keys(now)])].map((field) => `${field}_changed`),
  old,
  new: now,
});

test('differences in the same fields are one group with a count, its first example and all its sources', () => {
  const examples = Array.from({ length: 20 }, (_, index) =>
    example(index, { severity_text: 'INFO' }, { severity_text: 'ERROR' }, index < 10 ? 'conn_a' : 'conn_b'),
  );
  expect(differenceGroups(examples)).toEqual([
    { fields: ['severity_text'], count: 20, example: examples[0], connectionIds: ['conn_a', 'conn_b'] },
  ]);
});

test('the order in which fields and kinds come makes no other group', () => {
  const groups = differenceGroups([
    example(1, { body: 'a', stream: 'x' }, { body: 'b', stream: 'y' }),
    example(2, { stream: 'x', body: 'c' }, { stream: 'y', body: 'd' }),
  ]);
  expect(groups.map(({ fields, count }) => ({ fields, count }))).toEqual([{ fields: ['body', 'stream'], count: 2 }]);
});

test('other fields, another parser, or a record that is not stored are groups of their own, the largest first', () => {
  const missing = { ...example(5, {}, { body: 'a' }), kinds: ['missing'] };
  const groups = differenceGroups([
    example(1, { parser: 'text' }, { parser: 'json' }),
    missing,
    example(2, { parser: 'text' }, { parser: 'logfmt' }),
    example(3, { parser: 'text' }, { parser: 'logfmt' }),
    example(4, { body: 'a' }, { body: 'b' }),
  ]);
  expect(groups.map(({ count, example: { record_id } }) => [record_id, count])).toEqual([
    ['record_2', 2],
    ['record_1', 1],
    ['record_5', 1],
    ['record_4', 1],
  ]);
});

test('no example is no group', () => {
  expect(differenceGroups([])).toEqual([]);
});
