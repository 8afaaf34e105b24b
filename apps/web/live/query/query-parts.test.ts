import { compileFilter } from '@tailrace/log-query/matcher.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { attributeField, lineField, type QueryPart, valuesOf, withPart, withValues } from './query-parts.ts';

const level = lineField('level');
const connection = lineField('connection');
const service = attributeField('svc');
const cart: QueryPart = { field: service, value: 'cart', negative: false };

test.each([
  ['', cart, 'svc:cart'],
  ['level:info', cart, 'level:info svc:cart'],
  ['svc:cart x', cart, 'x svc:cart'],
  ['svc:shop x', cart, 'x svc:(shop OR cart)'],
  ['svc:(shop OR bank)', cart, 'svc:(shop OR bank OR cart)'],
  ['svc:cart', { ...cart, negative: true }, '-svc:cart'],
  ['svc:(shop OR cart) -svc:bank', { ...cart, negative: true }, 'svc:shop -svc:(bank OR cart)'],
  ['-svc:cart x', cart, 'x svc:cart'],
  ['a OR b', cart, '(a OR b) svc:cart'],
  ['(a) OR b', cart, '((a) OR b) svc:cart'],
  ['(a OR b) c', cart, '(a OR b) c svc:cart'],
  ['svc:c* NOT svc:/x/', cart, 'svc:c* NOT svc:/x/ svc:cart'],
  ['level:info', { field: level, value: 'error', negative: false }, 'level:error'],
  ['stream:a', { field: lineField('stream'), value: 'b c', negative: false }, 'stream:"b c"'],
  ['', { field: attributeField('user id'), value: '4"2', negative: true }, '-"user id":"4\\"2"'],
  ['', { field: attributeField('level'), value: '30', negative: false }, '"level":30'],
  ['(unfinished', cart, '(unfinished svc:cart'],
])('%s with one more part', (query, part, expected) => {
  expect(withPart(query, part)).toBe(expected);
});

test('a menu reads and writes the values of its field, and leaves the rest as it is', () => {
  expect(valuesOf('level:warn x', level)).toEqual(['warn']);
  expect(valuesOf('connection:shop connection:(bank OR "a b") -connection:c', connection)).toEqual([
    'shop',
    'bank',
    'a b',
  ]);
  expect(valuesOf('level=warn (connection:a OR x)', connection)).toEqual([]);
  expect(withValues('x level:warn -a', level, [])).toBe('x -a');
  expect(withValues('a OR b', connection, ['shop', 'the bank'])).toBe('(a OR b) connection:(shop OR "the bank")');
  expect(withValues('connection:(shop OR bank)', connection, ['bank'])).toBe('connection:bank');
});

test('what was clicked last is what the lines are, whatever was clicked before', () => {
  const part = fc.record({
    field: fc.constantFrom(service, attributeField('user id'), attributeField('level')),
    value: fc.oneof(fc.constantFrom('a', 'b', '5*', 'x OR y', '(', '"', '', '-1'), fc.string({ maxLength: 5 })),
    negative: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.constantFrom('', 'x OR y', '-z', '(x y)'),
      fc.array(part, { minLength: 1, maxLength: 5 }),
      (start, parts) => {
        const query = parts.filter(({ value }) => !value.includes('\0')).reduce(withPart, start);
        const last = parts.at(-1);
        if (last === undefined || last.value.includes('\0')) return;
        const matches = compileFilter({ query });
        const line = (value: string) =>
          ({ body: 'x y', attributes: { [last.field.name]: value }, resource: {}, flags: [] }) as unknown as LogRecord;
        if (last.negative) expect(matches(line(last.value))).toBe(false);
        else if (matches(line(`${last.value}!`))) {
          const earlier = parts.filter((each) => each.field === last.field && each.value === `${last.value}!`);
          expect(earlier.length).toBeGreaterThan(0);
        }
      },
    ),
    { numRuns: 500 },
  );
});
