import { describe, expect, it } from 'vitest';
import { canonicalForm } from './canonical-form.ts';
import { fingerprintOf } from './fingerprint.ts';
import { parseRecordSchema, parseSchema, SchemaError } from './schema.ts';

/** As signed 64-bit numbers in share/test/data/schema-tests.txt of apache/avro. */
const published: readonly (readonly [string, bigint])[] = [
  ['"null"', 7195948357588979594n],
  ['{"type":"boolean"}', -6970731678124411036n],
  ['"int"', 8247732601305521295n],
  ['"long"', -3434872931120570953n],
  ['"float"', 5583340709985441680n],
  ['{"type":"double"}', -8181574048448539266n],
  ['"bytes"', 5746618253357095269n],
  ['"string"', -8142146995180207161n],
  ['[]', -1241056759729112623n],
  ['["int"]', -5232228896498058493n],
  ['{"fields":[], "type":"record", "name":"foo"}', -4824392279771201922n],
  ['{ "name":"foo", "type":"fixed", "size":15}', 1756455273707447556n],
];

describe('fingerprints', () => {
  it.each(published)('of %s are as published', (text, fingerprint) => {
    expect(Buffer.from(fingerprintOf(canonicalForm(parseSchema(text))), 'hex').readBigInt64LE()).toBe(fingerprint);
  });
});

describe('the canonical form', () => {
  it('keeps full names and what decides about bytes, in order, and nothing else', () => {
    const schema = parseSchema(
      `{
      "namespace": "a.b", "doc": "x", "type": "record", "name": "R", "aliases": ["Old"],
      "fields": [
        {"type": {"symbols": ["X", "Y"], "type": "enum", "name": "E", "default": "X"}, "name": "e", "default": "X"},
        {"name": "again", "type": ["null", "E"]},
        {"name": "t", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "m", "type": {"values": {"type": "array", "items": "c.F"}, "type": "map"}}
      ]}`.replace('"c.F"', '{"type":"fixed","name":"c.F","size":2}'),
    );
    expect(canonicalForm(schema)).toBe(
      '{"name":"a.b.R","type":"record","fields":[' +
        '{"name":"e","type":{"name":"a.b.E","type":"enum","symbols":["X","Y"]}},' +
        '{"name":"again","type":["null","a.b.E"]},{"name":"t","type":"long"},' +
        '{"name":"m","type":{"type":"map","values":{"type":"array","items":{"name":"c.F","type":"fixed","size":2}}}}]}',
    );
  });
});

describe('what is no schema that we support', () => {
  it.each([
    ['nonsense', 'is not JSON'],
    ['"unheard.of"', 'unknown type unheard.of'],
    ['3', 'is not an object'],
    ['{"type":"record","name":"R"}', 'fields of R'],
    ['{"type":"record","fields":[]}', 'name of a record'],
    ['{"type":"enum","name":"E","symbols":"A"}', 'symbols of E'],
    ['{"type":"fixed","name":"F","size":-1}', 'size of F'],
    ['{"type":"record","name":"R","fields":[{"name":"next","type":["null","R"]}]}', 'R contains itself'],
    ['[{"type":"fixed","name":"F","size":1},{"type":"fixed","name":"F","size":1}]', 'F is defined twice'],
  ])('is said of %s', (text, message) => {
    expect(() => parseSchema(text)).toThrow(SchemaError);
    expect(() => parseSchema(text)).toThrow(message);
  });

  it('is said of a document that is no record', () => {
    expect(() => parseRecordSchema('"string"')).toThrow('not a record');
  });
});
