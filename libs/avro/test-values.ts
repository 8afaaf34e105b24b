import fc from 'fast-check';
import type { Schema } from './schema/schema.ts';
import { newStringMap } from './string-map.ts';

/** Any value of a schema, hostile ones among them: keys of Object.prototype, half surrogate pairs, the limits of numbers. */
export function valuesOf(schema: Schema): fc.Arbitrary<unknown> {
  switch (schema.type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'int':
      return fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    case 'long':
      return longs;
    case 'float':
      return fc.float();
    case 'double':
      return fc.double();
    case 'string':
      return strings;
    case 'bytes':
      return fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
    case 'fixed':
      return fc.uint8Array({ minLength: schema.size, maxLength: schema.size }).map((bytes) => Buffer.from(bytes));
    case 'enum':
      return fc.constantFrom(...schema.symbols);
    case 'array':
      return fc.array(valuesOf(schema.items), { maxLength: 10 });
    case 'map':
      return fc.array(fc.tuple(keys, valuesOf(schema.values)), { maxLength: 10 }).map(mapOf);
    case 'union':
      return fc.oneof(...schema.branches.map(valuesOf));
    case 'record':
      return fc.record(Object.fromEntries(schema.fields.map((field) => [field.name, valuesOf(field.schema)])));
  }
}

/** Safe integers of every length on the wire. */
const longs = fc.oneof(
  fc.maxSafeInteger(),
  fc
    .tuple(fc.integer({ min: 0, max: 53 }), fc.integer({ min: -2, max: 2 }), fc.boolean())
    .map(([bits, by, negative]) => {
      const value = Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, 2 ** bits + by));
      return negative ? 0 - value : value;
    }),
);

/** Of every length up to where the length takes three bytes. */
const strings = fc.oneof(
  fc.string({ maxLength: 100 }),
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀', '\ud800', '\udfff', '\0'), maxLength: 100 }),
  fc
    .tuple(fc.constantFrom('a', 'é', '€', '😀'), fc.integer({ min: 1, max: 3_000 }))
    .map(([unit, length]) => unit.repeat(length)),
);

const keys = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom('__proto__', 'constructor', 'toString', '0', ''),
);

function mapOf(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const map = newStringMap<unknown>();
  for (const [key, value] of entries) map[key] = value;
  return map;
}

/** What a value is after a round trip: UTF-8 has no half surrogate pairs, and four bytes hold no double. */
export function normal(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  return mapOf(Object.entries(value).map(([key, each]) => [key.toWellFormed(), normal(each)]));
}
