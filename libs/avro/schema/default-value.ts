import { newStringMap } from '../string-map.ts';
import { type FieldSchema, type RecordSchema, type Schema, SchemaError } from './schema.ts';

/**
 * Makes the value of a field that the writer's schema does not have, afresh for each record.
 * @throws SchemaError when the field has no default, or one that is not of its type.
 */
export function defaultOf(field: FieldSchema): () => unknown {
  const { fallback, schema, name } = field;
  if (fallback === undefined) throw new SchemaError(`field ${name} has no default and the writer did not have it`);
  const make = () => valueFrom(schema, fallback.value, name);
  make();
  return make;
}

/** A default's JSON as a value (Avro 1.12 specification, "field default values"). */
function valueFrom(schema: Schema, json: unknown, name: string): unknown {
  switch (schema.type) {
    case 'union':
      return unionValue(schema.branches, json, name);
    case 'array':
      if (!Array.isArray(json)) break;
      return json.map((item) => valueFrom(schema.items, item, name));
    case 'map':
      if (!isObject(json)) break;
      return mapValue(schema.values, json, name);
    case 'record':
      if (!isObject(json)) break;
      return recordValue(schema, json);
    case 'bytes':
    case 'fixed':
      if (typeof json === 'string') return Buffer.from(json, 'latin1');
      break;
    case 'enum':
      if (typeof json === 'string' && schema.symbols.includes(json)) return json;
      break;
    case 'null':
      if (json === null) return json;
      break;
    case 'boolean':
    case 'string':
      if (typeof json === schema.type) return json;
      break;
    case 'int':
    case 'long':
      if (Number.isSafeInteger(json)) return json;
      break;
    case 'float':
    case 'double':
      if (typeof json === 'number') return json;
      break;
  }
  throw new SchemaError(`the default of field ${name} is not of type ${schema.type}`);
}

function unionValue(branches: readonly Schema[], json: unknown, name: string): unknown {
  for (const branch of branches) {
    try {
      return valueFrom(branch, json, name);
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error;
    }
  }
  throw new SchemaError(`the default of field ${name} fits no branch of its union`);
}

function mapValue(values: Schema, json: Readonly<Record<string, unknown>>, name: string): unknown {
  const map = newStringMap<unknown>();
  for (const [key, value] of Object.entries(json)) map[key] = valueFrom(values, value, name);
  return map;
}

function recordValue(schema: RecordSchema, json: Readonly<Record<string, unknown>>): unknown {
  const value: Record<string, unknown> = {};
  for (const field of schema.fields) {
    value[field.name] = Object.hasOwn(json, field.name)
      ? valueFrom(field.schema, json[field.name], field.name)
      : defaultOf(field)();
  }
  return value;
}

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
