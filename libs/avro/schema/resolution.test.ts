import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../errors.ts';
import { AvroReader } from '../reader.ts';
import { avscType } from '../test-avsc.ts';
import { normal, valuesOf } from '../test-values.ts';
import { resolve } from './resolution.ts';
import { parseSchema, SchemaError } from './schema.ts';

function readAs(writer: string, reader: string, bytes: Buffer): unknown {
  const from = new AvroReader();
  from.begin(bytes, 0);
  const value = resolve(parseSchema(writer), parseSchema(reader)).read(from);
  from.finish();
  return value;
}

/** A schema as its writer had it and as its reader has it. */
interface Change {
  readonly writer: unknown;
  readonly reader: unknown;
}

const unchanged = ['boolean', 'int', 'long', 'float', 'double', 'bytes', 'string', 'null'];
/** Not long to double, which avsc gets wrong beyond 2^52. */
const promoted = [
  ['int', 'long'],
  ['int', 'double'],
  ['float', 'double'],
  ['string', 'bytes'],
] as const;

/** Changes that Avro allows, nested; `path` keeps the names of types apart. */
function changes(path: string, depth: number): fc.Arbitrary<Change> {
  const leaves: fc.Arbitrary<Change>[] = [
    fc.constantFrom(...unchanged).map((type) => ({ writer: type, reader: type })),
    fc.constantFrom(...promoted).map(([writer, reader]) => ({ writer, reader })),
    fc.constant({ writer: enumOf(path, ['A', 'B']), reader: enumOf(path, ['C', 'B', 'A']) }),
  ];
  if (depth === 0) return fc.oneof(...leaves);
  const inner = changes(`${path}x`, depth - 1);
  const nullable = inner.filter(({ reader }) => reader !== 'null' && !Array.isArray(reader));
  return fc.oneof(
    ...leaves,
    inner.map(({ writer, reader }) => ({ writer: arrayOf(writer), reader: arrayOf(reader) })).filter(isBounded),
    inner.map(({ writer, reader }) => ({ writer: mapOf(writer), reader: mapOf(reader) })),
    nullable.map(({ writer, reader }) => ({ writer: ['null', writer], reader: ['null', reader] })),
    nullable.map(({ writer, reader }) => ({ writer, reader: ['null', reader] })),
    recordChanges(path, depth),
  );
}

function recordChanges(path: string, depth: number): fc.Arbitrary<Change> {
  const kept = [0, 1, 2].map((index) => changes(`${path}k${index}`, depth - 1));
  const dropped = changes(`${path}d`, depth - 1);
  return fc
    .record({
      kept: fc.tuple(...kept),
      dropped,
      order: fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
      renamed: fc.boolean(),
    })
    .map(({ kept, dropped, order, renamed }) => {
      const writers = [
        ...kept.map(({ writer }, index) => ({ name: `f${index}`, type: writer })),
        { name: 'gone', type: dropped.writer },
      ];
      const readers = kept.map(({ reader }, index) => {
        return index === 0 && renamed
          ? { name: 'new', aliases: ['f0'], type: reader }
          : { name: `f${index}`, type: reader };
      });
      return {
        writer: { type: 'record', name: `R${path}`, fields: order.map((index) => writers[index]) },
        reader: { type: 'record', name: `R${path}`, fields: [...readers, ...added] },
      };
    });
}

const added = [
  { name: 'number', type: 'long', default: 5 },
  { name: 'nothing', type: ['null', 'string'], default: null },
  { name: 'list', type: { type: 'array', items: 'string' }, default: ['a'] },
  { name: 'table', type: { type: 'map', values: 'int' }, default: { a: 1 } },
  { name: 'blob', type: 'bytes', default: '\u00ff' },
];

function enumOf(path: string, symbols: readonly string[]): unknown {
  return { type: 'enum', name: `E${path}`, symbols };
}

function arrayOf(items: unknown): unknown {
  return { type: 'array', items };
}

function mapOf(values: unknown): unknown {
  return { type: 'map', values };
}

/** Arrays of items without bytes are refused; a test of its own says so. */
function isBounded({ writer }: Change): boolean {
  return JSON.stringify(writer) !== JSON.stringify(arrayOf('null'));
}

/** avsc drops such a key. */
function withoutProto(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutProto);
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== '__proto__')
      .map(([key, each]) => [key, withoutProto(each)]),
  );
}

describe('resolution', () => {
  it('reads what avsc reads', () => {
    const cases = recordChanges('', 2).chain(({ writer, reader }) => {
      const texts = { writer: JSON.stringify(writer), reader: JSON.stringify(reader) };
      return valuesOf(parseSchema(texts.writer)).map((value) => ({ ...texts, value }));
    });
    fc.assert(
      fc.property(cases, ({ writer, reader, value }) => {
        const [written, read] = [avscType(writer), avscType(reader)];
        const bytes = written.toBuffer(normal(value));
        const expected = read.fromBuffer(bytes, read.createResolver(written));
        expect(withoutProto(readAs(writer, reader, bytes))).toEqual(withoutProto(normal(expected)));
      }),
      { numRuns: 300 },
    );
  });

  it('promotes longs exactly', () => {
    for (const value of [0, -1, 2 ** 40, -(2 ** 52) - 1, Number.MAX_SAFE_INTEGER]) {
      expect(readAs('"long"', '"double"', avscType('"long"').toBuffer(value))).toBe(value);
    }
  });

  it('gives the fields in the order of our schema', () => {
    const writer = recordOf({ name: 'b', type: 'int' }, { name: 'a', type: 'int' });
    const reader = recordOf(
      { name: 'a', type: 'int' },
      { name: 'new', type: 'int', default: 0 },
      { name: 'b', type: 'int' },
    );
    expect(Object.entries(Object(readAs(writer, reader, Buffer.of(2, 4))))).toEqual([
      ['a', 2],
      ['new', 0],
      ['b', 1],
    ]);
  });

  it('makes defaults afresh for each record', () => {
    const writer = recordOf();
    const inner = { type: 'record', name: 'I', fields: [{ name: 'n', type: 'int', default: 3 }] };
    const reader = recordOf(
      { name: 'list', type: { type: 'array', items: 'int' }, default: [1] },
      { name: 'inner', type: inner, default: {} },
    );
    const [first, second] = [readAs(writer, reader, Buffer.of()), readAs(writer, reader, Buffer.of())];
    expect(first).toEqual({ list: [1], inner: { n: 3 } });
    expect(Object(first).list).not.toBe(Object(second).list);
  });

  it('keeps a key of __proto__', () => {
    const writer = recordOf({ name: 'm', type: { type: 'map', values: 'string' } });
    const reader = recordOf(
      { name: 'm', type: { type: 'map', values: 'string' } },
      { name: 'n', type: 'int', default: 0 },
    );
    const bytes = avscType(writer).toBuffer({ m: Object.fromEntries([['__proto__', 'x']]) });
    expect(Object.entries(Object(readAs(writer, reader, bytes)).m)).toEqual([['__proto__', 'x']]);
  });

  it('reads a symbol that we do not have as our default, if there is one', () => {
    const writer = JSON.stringify(enumOf('', ['A', 'NEW']));
    const withDefault = JSON.stringify({ type: 'enum', name: 'E', symbols: ['A', 'OTHER'], default: 'OTHER' });
    expect(readAs(writer, withDefault, Buffer.of(2))).toBe('OTHER');
    const without = JSON.stringify(enumOf('', ['A']));
    expect(readAs(writer, without, Buffer.of(0))).toBe('A');
    expect(() => readAs(writer, without, Buffer.of(2))).toThrow(DecodeError);
  });

  it('reads the branches that we have of a union, and refuses records of the others', () => {
    expect(readAs('["null","string"]', '"string"', Buffer.from('020261', 'hex'))).toBe('a');
    expect(() => readAs('["null","string"]', '"string"', Buffer.of(0))).toThrow(DecodeError);
    expect(resolve(parseSchema('["null","string"]'), parseSchema('"string"')).gaps).toHaveLength(1);
  });

  it('prefers the branch of the same type', () => {
    expect(resolve(parseSchema('"int"'), parseSchema('["double","int"]')).gaps).toEqual([]);
    expect(readAs('"float"', '["double","float"]', avscType('"float"').toBuffer(1.5))).toBe(1.5);
  });

  it('takes corrupt counts of an older schema without allocating', () => {
    const writer = recordOf({ name: 'list', type: { type: 'array', items: 'string' } });
    const reader = recordOf(
      { name: 'list', type: { type: 'array', items: 'string' } },
      { name: 'n', type: 'int', default: 0 },
    );
    expect(() => readAs(writer, reader, Buffer.from('808080801000', 'hex'))).toThrow(DecodeError);
  });
});

describe('what cannot be resolved', () => {
  it.each([
    ['another type', '"string"', '"int"', 'string cannot be read as int'],
    ['a narrower number', '"long"', '"int"', 'long cannot be read as int'],
    ['another name', recordOf(), recordOf().replace('"R"', '"S"'), 'record R cannot be read as record S'],
    ['a new field without a default', recordOf(), recordOf({ name: 'a', type: 'int' }), 'field a has no default'],
    ['a default of another type', recordOf(), recordOf({ name: 'a', type: 'int', default: 'x' }), 'default of field a'],
    [
      'a default of no branch',
      recordOf(),
      recordOf({ name: 'a', type: ['null', 'int'], default: 'x' }),
      'default of field a',
    ],
    [
      'a field of another type',
      recordOf({ name: 'a', type: 'int' }),
      recordOf({ name: 'a', type: 'string' }),
      'field a: int',
    ],
    [
      'items that take no bytes',
      '{"type":"array","items":"null"}',
      '{"type":"array","items":"null"}',
      'cannot be bounded',
    ],
    ['a fixed of another size', fixedOf(2), fixedOf(3), 'fixed F cannot be read as fixed F'],
    ['no branch at all', '["int","null"]', '"string"', 'union of int, null cannot be read as string'],
  ])('is refused: %s', (_, writer, reader, message) => {
    const attempt = () => resolve(parseSchema(writer), parseSchema(reader));
    expect(attempt).toThrow(SchemaError);
    expect(attempt).toThrow(message);
  });
});

function recordOf(...fields: readonly object[]): string {
  return JSON.stringify({ type: 'record', name: 'R', fields });
}

function fixedOf(size: number): string {
  return JSON.stringify({ type: 'fixed', name: 'F', size });
}
