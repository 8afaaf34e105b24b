import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { valuesOf } from '../test-values.ts';
import { mismatchOf } from './mismatch.ts';
import { parseSchema } from './schema.ts';

const schema = parseSchema(
  JSON.stringify({
    type: 'record',
    name: 'R',
    fields: [
      { name: 'flag', type: 'boolean' },
      { name: 'kind', type: { type: 'enum', name: 'K', symbols: ['A', 'B'] } },
      { name: 'maybe', type: ['null', 'long'] },
      {
        name: 'list',
        type: { type: 'array', items: { type: 'record', name: 'I', fields: [{ name: 'n', type: 'double' }] } },
      },
      { name: 'table', type: { type: 'map', values: 'bytes' } },
    ],
  }),
);
const good = { flag: true, kind: 'A', maybe: null, list: [{ n: 1 }], table: { a: Buffer.of(1) } };

describe('a mismatch', () => {
  it('is found in no value of the schema', () => {
    fc.assert(fc.property(valuesOf(schema), (value) => mismatchOf(schema, value) === undefined));
  });

  it.each([
    [{ flag: 1 }, 'flag is a number, not a boolean'],
    [{ kind: 'C' }, 'kind is not one of A, B'],
    [{ maybe: 2 ** 53 }, 'maybe is a number, not a safe integer'],
    [{ maybe: undefined }, 'maybe is undefined, not a safe integer'],
    [{ list: 'x' }, 'list is not an array'],
    [{ list: [{ n: 1 }, { n: '1' }] }, 'list[1].n is a string, not a number'],
    [{ table: null }, 'table is not an object'],
    [{ table: { 'a b': 'x' } }, 'table["a b"] is a string, not a Buffer'],
  ])('in %j is reported with its place', (change, message) => {
    expect(mismatchOf(schema, { ...good, ...change })).toBe(message);
  });
});
