/**
 * An Avro schema with its names resolved: what code generation, resolution and error messages walk over. Names are full
 * names. Only what decides how bytes are read is kept, and `doc` for generated comments.
 */
export type Schema = PrimitiveSchema | EnumSchema | FixedSchema | RecordSchema | ArraySchema | MapSchema | UnionSchema;

const primitives = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const;
type Primitive = (typeof primitives)[number];

interface PrimitiveSchema {
  readonly type: Primitive;
  readonly logicalType: string | undefined;
}

export interface EnumSchema {
  readonly type: 'enum';
  readonly name: string;
  readonly doc: string | undefined;
  readonly symbols: readonly string[];
  /** What a reader puts in place of a symbol it does not know. */
  readonly fallback: string | undefined;
}

interface FixedSchema {
  readonly type: 'fixed';
  readonly name: string;
  readonly size: number;
}

export interface RecordSchema {
  readonly type: 'record';
  readonly name: string;
  readonly doc: string | undefined;
  readonly aliases: readonly string[];
  readonly fields: readonly FieldSchema[];
}

export interface FieldSchema {
  readonly name: string;
  readonly doc: string | undefined;
  readonly aliases: readonly string[];
  readonly schema: Schema;
  /** As JSON; absent when a reader cannot do without the field. */
  readonly fallback: { readonly value: unknown } | undefined;
}

export interface ArraySchema {
  readonly type: 'array';
  readonly items: Schema;
}

export interface MapSchema {
  readonly type: 'map';
  readonly values: Schema;
}

export interface UnionSchema {
  readonly type: 'union';
  readonly branches: readonly Schema[];
}

/** The text is no Avro schema, or one that Tailrace does not support. */
export class SchemaError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SchemaError';
  }
}

/** The record schema that stands in an `.avsc` document. @throws SchemaError */
export function parseRecordSchema(text: string): RecordSchema {
  const schema = parseSchema(text);
  if (schema.type !== 'record') throw new SchemaError(`the schema is of type ${schema.type}, not a record`);
  return schema;
}

/** @throws SchemaError for invalid schemas, and for recursive ones: nothing bounds how deep a value of those nests. */
export function parseSchema(text: string): Schema {
  return parse(jsonOf(text), { named: new Map(), open: new Set(), namespace: '' });
}

interface Scope {
  readonly named: Map<string, Schema>;
  /** Records whose fields are being parsed. */
  readonly open: Set<string>;
  readonly namespace: string;
}

type Json = Readonly<Record<string, unknown>>;

function parse(json: unknown, scope: Scope): Schema {
  if (typeof json === 'string') return reference(json, undefined, scope);
  if (Array.isArray(json)) return { type: 'union', branches: json.map((branch) => parse(branch, scope)) };
  const attributes = objectOf(json, 'a schema');
  const { type } = attributes;
  switch (type) {
    case 'record':
      return record(attributes, scope);
    case 'enum':
      return enumeration(attributes, scope);
    case 'fixed':
      return fixed(attributes, scope);
    case 'array':
      return { type: 'array', items: parse(attributes.items, scope) };
    case 'map':
      return { type: 'map', values: parse(attributes.values, scope) };
    default:
      if (typeof type === 'string') return reference(type, optionalText(attributes.logicalType), scope);
      return parse(type, scope);
  }
}

function reference(name: string, logicalType: string | undefined, scope: Scope): Schema {
  if (isPrimitive(name)) return { type: name, logicalType };
  const fullName = qualify(name, scope.namespace);
  if (scope.open.has(fullName))
    throw new SchemaError(`${fullName} contains itself; recursive schemas are not supported`);
  const schema = scope.named.get(fullName);
  if (schema === undefined) throw new SchemaError(`unknown type ${fullName}`);
  return schema;
}

function record(attributes: Json, scope: Scope): RecordSchema {
  const name = fullNameOf(attributes, scope);
  const inner = { ...scope, namespace: namespaceOf(name) };
  scope.open.add(name);
  const fields = listOf(attributes.fields, `fields of ${name}`).map((each) =>
    field(objectOf(each, `a field of ${name}`), inner),
  );
  scope.open.delete(name);
  const aliases = aliasesOf(attributes, inner.namespace);
  return define({ type: 'record', name, doc: optionalText(attributes.doc), aliases, fields }, scope);
}

function field(attributes: Json, scope: Scope): FieldSchema {
  return {
    name: textOf(attributes.name, 'name of a field'),
    doc: optionalText(attributes.doc),
    aliases: aliasesOf(attributes, ''),
    schema: parse(attributes.type, scope),
    fallback: 'default' in attributes ? { value: attributes.default } : undefined,
  };
}

function enumeration(attributes: Json, scope: Scope): EnumSchema {
  const name = fullNameOf(attributes, scope);
  const symbols = listOf(attributes.symbols, `symbols of ${name}`).map((symbol) =>
    textOf(symbol, `a symbol of ${name}`),
  );
  const fallback = optionalText(attributes.default);
  return define({ type: 'enum', name, doc: optionalText(attributes.doc), symbols, fallback }, scope);
}

function fixed(attributes: Json, scope: Scope): FixedSchema {
  const name = fullNameOf(attributes, scope);
  const { size } = attributes;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw new SchemaError(`size of ${name} is no length`);
  return define({ type: 'fixed', name, size }, scope);
}

function define<Named extends EnumSchema | FixedSchema | RecordSchema>(schema: Named, scope: Scope): Named {
  if (scope.named.has(schema.name)) throw new SchemaError(`${schema.name} is defined twice`);
  scope.named.set(schema.name, schema);
  return schema;
}

function fullNameOf(attributes: Json, scope: Scope): string {
  const name = textOf(attributes.name, `name of a ${String(attributes.type)}`);
  return qualify(name, optionalText(attributes.namespace) ?? scope.namespace);
}

function qualify(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}

function namespaceOf(fullName: string): string {
  return fullName.slice(0, Math.max(0, fullName.lastIndexOf('.')));
}

function aliasesOf(attributes: Json, namespace: string): readonly string[] {
  if (attributes.aliases === undefined) return [];
  return listOf(attributes.aliases, 'aliases').map((alias) => qualify(textOf(alias, 'an alias'), namespace));
}

function isPrimitive(name: string): name is Primitive {
  return primitives.some((primitive) => primitive === name);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SchemaError('the schema is not JSON');
  }
}

function objectOf(json: unknown, what: string): Json {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new SchemaError(`${what} is not an object`);
  return json as Json;
}

function listOf(json: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(json)) throw new SchemaError(`${what} is not a list`);
  return json;
}

function textOf(json: unknown, what: string): string {
  if (typeof json !== 'string') throw new SchemaError(`${what} is not a string`);
  return json;
}

function optionalText(json: unknown): string | undefined {
  return typeof json === 'string' ? json : undefined;
}
