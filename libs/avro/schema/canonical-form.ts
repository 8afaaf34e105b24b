import type { Schema } from './schema.ts';

/**
 * A schema's Parsing Canonical Form (Avro 1.12 specification): the text that two schemas share when they read the same
 * bytes, and that the fingerprint is taken of.
 */
export function canonicalForm(schema: Schema): string {
  return JSON.stringify(canonical(schema, new Set()));
}

/** A named type is spelled out where it first appears and named afterwards. */
function canonical(schema: Schema, seen: Set<string>): unknown {
  switch (schema.type) {
    case 'record':
    case 'enum':
    case 'fixed':
      if (seen.has(schema.name)) return schema.name;
      seen.add(schema.name);
      return canonicalNamed(schema, seen);
    case 'array':
      return { type: 'array', items: canonical(schema.items, seen) };
    case 'map':
      return { type: 'map', values: canonical(schema.values, seen) };
    case 'union':
      return schema.branches.map((branch) => canonical(branch, seen));
    default:
      return schema.type;
  }
}

function canonicalNamed(schema: Extract<Schema, { name: string }>, seen: Set<string>): unknown {
  const { name, type } = schema;
  switch (type) {
    case 'record':
      return {
        name,
        type,
        fields: schema.fields.map((field) => ({ name: field.name, type: canonical(field.schema, seen) })),
      };
    case 'enum':
      return { name, type, symbols: schema.symbols };
    case 'fixed':
      return { name, type, size: schema.size };
  }
}
