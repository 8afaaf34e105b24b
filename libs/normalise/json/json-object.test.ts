import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FieldNames } from '../fields/field-names.ts';
import type { Flagged } from '../storable.ts';
import type { JsonKind } from './json-kind.ts';
import { type JsonOutcome, readJsonObject } from './json-object.ts';

class Fields implements Flagged {
  readonly found: [path: string, value: string, kind: JsonKind][] = [];
  readonly flags: string[] = [];

  flag(flag: string): void {
    this.flags.push(flag);
  }
}

const names = new FieldNames<Fields>({
  otherwise: (fields, value, kind, path) => fields.found.push([path, value, kind]),
  whole: ['whole'],
  fields: {},
});

function read(text: string): { outcome: JsonOutcome; found: Fields['found']; flags: string[] } {
  const fields = new Fields();
  const outcome = readJsonObject(text, names, fields);
  return { outcome, found: fields.found, flags: fields.flags };
}

const mended = (text: string) => text.replaceAll('\0', '\ufffd').toWellFormed();

/** What the reader should find, by way of JSON.parse. */
function flattened(value: object, prefix = ''): Map<string, string> {
  const flat = new Map<string, string>();
  for (const [key, inner] of Object.entries(value)) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    const isBranch = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
    if (isBranch && Object.keys(inner).length > 0 && path !== 'whole') {
      for (const [below, text] of flattened(inner, path)) flat.set(below, text);
    } else {
      flat.set(mended(path), typeof inner === 'string' ? mended(inner) : JSON.stringify(inner));
    }
  }
  return flat;
}

describe('readJsonObject', { timeout: 60_000 }, () => {
  it('hands over every field with its path, text and kind', () => {
    const text = '{"s":"x","n":-1.50e+10,"t":true,"z":null,"a":[1,{"b":"]"}],"o":{"p":{"q":1}},"e":{},"whole":{"k":1}}';
    expect(read(text)).toEqual({
      outcome: 'read',
      flags: [],
      found: [
        ['s', 'x', 'string'],
        ['n', '-1.50e+10', 'number'],
        ['t', 'true', 'literal'],
        ['z', 'null', 'literal'],
        ['a', '[1,{"b":"]"}]', 'array'],
        ['o.p.q', '1', 'number'],
        ['e', '{}', 'object'],
        ['whole', '{"k":1}', 'object'],
      ],
    });
  });

  it('finds what JSON.parse finds, however the text is laid out', () => {
    const key = fc.string({ maxLength: 20 });
    const anyObject = fc.dictionary(key, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 8 });
    fc.assert(
      fc.property(anyObject, fc.constantFrom(undefined, 1, '\t'), (object, indent) => {
        // Through JSON once, for what it cannot carry (-0).
        const text = JSON.stringify(JSON.parse(JSON.stringify(object)), null, indent);
        const { outcome, found } = read(text);
        const isScalar = (value: string) => !value.startsWith('[') && !value.startsWith('{');
        const wanted = [...flattened(JSON.parse(text) as object)].map(([path, value]) => [
          path,
          isScalar(value) && value,
        ]);
        const got = found.map(([path, value]) => [path, isScalar(value) && value]);
        expect([outcome, new Map(got as [string, unknown][])]).toEqual([
          'read',
          new Map(wanted as [string, unknown][]),
        ]);
      }),
    );
  });

  it.each([
    '',
    '{"a":}',
    '{"a":1,}',
    '{"a":1}}',
    '{"a":1} x',
    '{"a" 1}',
    '{a:1}',
    '{"a":01x}',
    '{"a":1.}',
    '{"a":1.true}',
    '{"a":-}',
    '{"a":+1}',
    '{"a":tru}',
    '{"a":[1}',
    '{"a":[1]]}',
    '{"a":[}',
    '{,}',
    '[]',
    '"x"',
    '{"a":1 "b":2}',
    '{"a":undefined}',
  ])('does not take %s for JSON', (text) => {
    expect(read(text).outcome).toBe('invalid');
  });

  it.each(['{', '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":"x}', '{"a":"x\\"}', '{"a":{"b":1}', '{"a":[1,2'])(
    'says of %s that it was cut off',
    (text) => {
      expect(read(text).outcome).toBe('cut');
    },
  );

  it('takes what loggers write besides JSON', () => {
    expect(read('{"a":NaN,"b":-Infinity,"c":"C:\\dir \\x41","d":"tab\there"}').found.map(([, value]) => value)).toEqual(
      ['NaN', '-Infinity', 'C:\\dir \\x41', 'tab\there'],
    );
  });

  it('mends escapes of what cannot be stored', () => {
    const { found, flags } = read('{"half\\ud83d":"a\\u0000b"}');
    expect(found).toEqual([['half\ufffd', 'a\ufffdb', 'string']]);
    expect(flags).toEqual(['invalid_utf8', 'nul_replaced']);
  });

  it('reads the same keys again in other layouts and orders', () => {
    for (let round = 0; round < 40; round++) {
      expect(read('{"a":1,"b":2}').found).toEqual([
        ['a', '1', 'number'],
        ['b', '2', 'number'],
      ]);
      expect(read('{"a": 1, "c":  3}').found).toEqual([
        ['a', '1', 'number'],
        ['c', '3', 'number'],
      ]);
      expect(read('{"o":{"a":1},"a":2}').found).toEqual([
        ['o.a', '1', 'number'],
        ['a', '2', 'number'],
      ]);
    }
  });

  it('refuses depth at once, in objects and in arrays', () => {
    expect(read('{"a":'.repeat(100_000)).outcome).toBe('too_large');
    expect(read(`{"a":${'['.repeat(100_000)}`).outcome).toBe('too_large');
    expect(read(`{"a":${'{"b":'.repeat(30)}1${'}'.repeat(31)}`).outcome).toBe('read');
  });

  it('refuses a million keys after the first few thousand', () => {
    const text = `{${Array.from({ length: 1_000_000 }, (_, index) => `"k${index}":1`).join(',')}}`;
    const { outcome, found } = read(text);
    expect(outcome).toBe('too_large');
    expect(found.length).toBeLessThanOrEqual(4096);
  });

  it('cuts long keys without growing with their nesting', () => {
    const key = 'k'.repeat(10_000);
    const { found } = read(`{"${key}":{"${key}":{"x":1}}}`);
    expect(found).toEqual([['k'.repeat(256), '1', 'number']]);
  });
});
