import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DecodeError } from '@tailrace/avro/errors.ts';
import { RecordCodec } from '@tailrace/avro/record-codec.ts';
import { parseRecordSchema } from '@tailrace/avro/schema/schema.ts';
import { avscType } from '@tailrace/avro/test-avsc.ts';
import { normal, valuesOf } from '@tailrace/avro/test-values.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generate, requireReadable } from '../generate-schemas.ts';
import { generateModules } from './modules.ts';
import type { SchemaSource } from './record-module.ts';

const schemas = join(import.meta.dirname, '../../schemas');

describe('what stands in schemas/', () => {
  const files = generate();

  it.each([...files.keys()])('%s is what its schema says', (file) => {
    expect(readFileSync(join(schemas, file), 'utf8')).toBe(files.get(file));
  });

  it('has nothing generated from a schema that is gone', () => {
    const generated = readdirSync(join(schemas, 'generated')).map((file) => `generated/${file}`);
    expect(generated.filter((file) => !files.has(file))).toEqual([]);
  });
});

/** Everything that the generator knows how to write, in shapes that our own schemas may come to have. */
const everything = JSON.stringify({
  type: 'record',
  name: 'Everything',
  namespace: 'test',
  doc: 'Ends */ no comment.',
  fields: [
    { name: 'nothing', type: 'null' },
    { name: 'flag', type: 'boolean', doc: 'A doc.' },
    { name: 'small', type: 'int' },
    { name: 'large', type: 'long' },
    { name: 'half', type: 'float' },
    { name: 'whole', type: 'double' },
    { name: 'blob', type: 'bytes' },
    { name: 'text', type: 'string', default: "it's \\ fine" },
    { name: 'kind', type: { type: 'enum', name: 'TestKind', symbols: ['A', 'B'] } },
    {
      name: 'inner',
      type: { type: 'record', name: 'Inner', fields: [{ name: 'kinds', type: { type: 'array', items: 'TestKind' } }] },
    },
    { name: 'maybe_inner', type: ['null', 'Inner'] },
    { name: 'maybe_last', type: ['string', 'null'] },
    { name: 'lists', type: { type: 'array', items: { type: 'array', items: ['null', 'long'] } } },
    { name: 'texts', type: { type: 'map', values: 'string' } },
    { name: 'table', type: { type: 'map', values: { type: 'array', items: 'Inner' } } },
    { name: 'nulls', type: { type: 'map', values: 'null' } },
    { name: 'tables', type: { type: 'map', values: { type: 'map', values: ['null', 'double'] } } },
  ],
});

describe('generated code for every type', () => {
  const scratch = join(import.meta.dirname, '../../.tailrace');
  mkdirSync(scratch, { recursive: true });
  const folder = mkdtempSync(join(scratch, 'generated-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  let codec: RecordCodec<unknown>;
  beforeAll(async () => {
    for (const [file, code] of generateModules([sourceOf(everything)])) writeFileSync(join(folder, file), code);
    const module: Record<string, unknown> = await import(pathToFileURL(join(folder, 'everything.ts')).href);
    codec = Object.values(module).find((each) => each instanceof RecordCodec) ?? expect.fail('no codec');
  });

  it('agrees with avsc', () => {
    const type = avscType(everything);
    fc.assert(
      fc.property(valuesOf(parseRecordSchema(everything)), (value) => {
        const bytes = codec.encode(value);
        expect(bytes.subarray(10).toString('hex')).toBe(type.toBuffer(normal(value)).toString('hex'));
        expect(codec.decode(bytes)).toEqual(roundedFloats(normal(value)));
      }),
    );
  });

  it('reads corrupt bytes or refuses them', () => {
    const corrupt = fc.tuple(
      valuesOf(parseRecordSchema(everything)),
      fc.nat(),
      fc.uint8Array({ minLength: 1, maxLength: 9 }),
    );
    fc.assert(
      fc.property(corrupt, ([value, at, noise]) => {
        const bytes = codec.encode(value);
        const cut = 10 + (at % (bytes.length - 9));
        try {
          codec.decode(Buffer.concat([bytes.subarray(0, cut), noise, bytes.subarray(cut + noise.length)]));
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('is the same every time, one module a type', () => {
    const once = generateModules([sourceOf(everything)]);
    expect([...once.keys()].sort()).toEqual(['everything.ts', 'inner.ts', 'test-kind.ts']);
    expect(generateModules([sourceOf(everything)])).toEqual(once);
  });
});

describe('schemas without a counterpart in TypeScript', () => {
  it.each([
    ['a union of several types', { type: ['string', 'int'] }, 'null and one other type'],
    ['a fixed', { type: { type: 'fixed', name: 'F', size: 2 } }, 'fixed is not supported'],
    ['items that take no bytes', { type: { type: 'array', items: 'null' } }, 'cannot be bounded'],
  ])('are refused: %s', (_, field, message) => {
    expect(() => generateModules([sourceOf(recordOf({ name: 'a', ...field }))])).toThrow(message);
  });

  it('are refused when two documents define one type differently', () => {
    const kind = (symbols: readonly string[]) => ({ name: 'kind', type: { type: 'enum', name: 'Kind', symbols } });
    const other = recordOf(kind(['B'])).replace('"R"', '"S"');
    expect(() => generateModules([sourceOf(recordOf(kind(['A']))), sourceOf(other)])).toThrow(
      'define Kind differently',
    );
  });
});

describe('a changed schema', () => {
  const before = recordOf(
    { name: 'a', type: 'int' },
    { name: 'kind', type: { type: 'enum', name: 'K', symbols: ['A', 'B'] } },
  );

  it.each([
    [
      'a new field with a default',
      recordOf({ name: 'a', type: 'int' }, kindOf('A', 'B'), { name: 'b', type: 'int', default: 0 }),
    ],
    ['a dropped field', recordOf(kindOf('A', 'B'))],
    ['a wider number', recordOf({ name: 'a', type: 'long' }, kindOf('A', 'B'))],
    ['another symbol', recordOf({ name: 'a', type: 'int' }, kindOf('A', 'B', 'C'))],
    ['a new name with an alias', recordOf({ name: 'b', aliases: ['a'], type: 'int' }, kindOf('A', 'B'))],
    ['a value that may be null', recordOf({ name: 'a', type: ['null', 'int'] }, kindOf('A', 'B'))],
  ])('may have %s', (_, after) => {
    expect(() => requireReadable(changed(before, after))).not.toThrow();
  });

  it.each([
    [
      'a new field without a default',
      recordOf({ name: 'a', type: 'int' }, kindOf('A', 'B'), { name: 'b', type: 'int' }),
      'field b',
    ],
    ['a narrower number', recordOf({ name: 'a', type: 'boolean' }, kindOf('A', 'B')), 'field a'],
    ['a symbol less', recordOf({ name: 'a', type: 'int' }, kindOf('A')), 'no symbol B'],
    ['a new name', recordOf({ name: 'b', type: 'int' }, kindOf('A', 'B')), 'field b'],
  ])('may not have %s', (_, after, message) => {
    expect(() => requireReadable(changed(before, after))).toThrow(message);
    expect(() => requireReadable(changed(before, after))).toThrow('schemas/history/r/0123456789abcdef.avsc');
  });

  it('may not refuse null where older records have it', () => {
    const after = recordOf({ name: 'a', type: 'int' });
    expect(() => requireReadable(changed(recordOf({ name: 'a', type: ['null', 'int'] }), after))).toThrow(
      'null cannot be read',
    );
  });
});

function sourceOf(text: string): SchemaSource {
  return { path: 'schemas/test.avsc', text, schema: parseRecordSchema(text), history: new Map() };
}

function changed(before: string, after: string): SchemaSource {
  return { ...sourceOf(after), path: 'schemas/r.avsc', history: new Map([['0123456789abcdef', before]]) };
}

function recordOf(...fields: readonly object[]): string {
  return JSON.stringify({ type: 'record', name: 'R', fields });
}

function kindOf(...symbols: readonly string[]): object {
  return { name: 'kind', type: { type: 'enum', name: 'K', symbols } };
}

/** Four bytes hold no double. */
function roundedFloats(value: unknown): unknown {
  return { ...Object(value), half: Math.fround(Object(value).half) };
}
