import type { Schema } from './schema.ts';

/**
 * Where and why a value does not fit its schema, such as `timestamp is not a safe integer`; undefined when it fits.
 * It never repeats the value, which may be a secret.
 */
export function mismatchOf(schema: Schema, value: unknown, path = 'the value'): string | undefined {
  switch (schema.type) {
    case 'record':
      return recordMismatch(schema, value, path);
    case 'array':
      if (!Array.isArray(value)) return `${path} is not an array`;
      return first(value.keys(), (index) => mismatchOf(schema.items, value[index], `${path}[${index}]`));
    case 'map': {
      if (!isObject(value)) return `${path} is not an object`;
      return first(Object.keys(value), (key) =>
        mismatchOf(schema.values, value[key], `${path}[${JSON.stringify(key)}]`),
      );
    }
    case 'union': {
      const branch = schema.branches.find((each) => (each.type === 'null') === (value === null));
      return branch === undefined ? `${path} is ${nameOf(value)}` : mismatchOf(branch, value, path);
    }
    case 'enum':
      return schema.symbols.some((symbol) => symbol === value)
        ? undefined
        : `${path} is not one of ${schema.symbols.join(', ')}`;
    default:
      return fits(schema, value) ? undefined : `${path} is ${nameOf(value)}, not ${expected[schema.type]}`;
  }
}

type Leaf = Exclude<Schema['type'], 'record' | 'array' | 'map' | 'union' | 'enum'>;

const expected: Readonly<Record<Leaf, string>> = {
  null: 'null',
  boolean: 'a boolean',
  int: 'a 32-bit integer',
  long: 'a safe integer',
  float: 'a number',
  double: 'a number',
  bytes: 'a Buffer',
  string: 'a string',
  fixed: 'a Buffer of its size',
};

function fits(schema: Extract<Schema, { type: Leaf }>, value: unknown): boolean {
  switch (schema.type) {
    case 'null':
      return value === null;
    case 'boolean':
      return typeof value === 'boolean';
    case 'int':
      return typeof value === 'number' && (value | 0) === value;
    case 'long':
      return Number.isSafeInteger(value);
    case 'float':
    case 'double':
      return typeof value === 'number';
    case 'bytes':
      return value instanceof Uint8Array;
    case 'fixed':
      return value instanceof Uint8Array && value.length === schema.size;
    case 'string':
      return typeof value === 'string';
  }
}

function recordMismatch(schema: Extract<Schema, { type: 'record' }>, value: unknown, path: string): string | undefined {
  if (!isObject(value)) return `${path} is not an object`;
  const prefix = path === 'the value' ? '' : `${path}.`;
  return first(schema.fields, (field) => mismatchOf(field.schema, value[field.name], prefix + field.name));
}

function first<Item>(items: Iterable<Item>, mismatch: (item: Item) => string | undefined): string | undefined {
  for (const item of items) {
    const found = mismatch(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function nameOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return Number.isNaN(value) ? 'NaN' : `a ${typeof value}`;
}
