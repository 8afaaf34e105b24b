import { readArray, readMap } from '../blocks.ts';
import { DecodeError } from '../errors.ts';
import type { AvroReader } from '../reader.ts';
import { defaultOf } from './default-value.ts';
import { minimumSize } from './minimum-size.ts';
import {
  type ArraySchema,
  type EnumSchema,
  type FieldSchema,
  type MapSchema,
  type RecordSchema,
  type Schema,
  SchemaError,
  type UnionSchema,
} from './schema.ts';

type Read = (reader: AvroReader) => unknown;

/** How values of a writer's schema are read as values of ours. */
export interface Resolution {
  readonly read: Read;
  /**
   * What the writer can express and we cannot: symbols and union branches. A record that holds one throws a DecodeError;
   * all others are read.
   */
  readonly gaps: readonly string[];
}

/**
 * Schema resolution (Avro 1.12 specification, "Schema Resolution"): fields by name or alias, defaults for what the
 * writer did not know, promotions of numbers. It reads through the same bounded reader as the generated code, which is
 * why it is not avsc's: that allocates whatever count a corrupt block claims and loses a `__proto__` key.
 * @throws SchemaError when no value could be read.
 */
export function resolve(writer: Schema, reader: Schema): Resolution {
  const gaps: string[] = [];
  return { read: readerOf(writer, reader, gaps), gaps };
}

function readerOf(writer: Schema, reader: Schema, gaps: string[]): Read {
  if (writer.type === 'union') return unionWriter(writer, reader, gaps);
  switch (reader.type) {
    case 'union':
      return unionReader(writer, reader, gaps);
    case 'record':
      if (writer.type !== 'record' || !sameName(writer, reader, reader.aliases)) throw mismatch(writer, reader);
      return recordReader(writer, reader, gaps);
    case 'enum':
      if (writer.type !== 'enum' || !sameName(writer, reader)) throw mismatch(writer, reader);
      return enumReader(writer, reader, gaps);
    case 'fixed':
      if (writer.type !== 'fixed' || !sameName(writer, reader) || writer.size !== reader.size)
        throw mismatch(writer, reader);
      return (bytes) => bytes.readFixed(reader.size);
    case 'array':
      if (writer.type !== 'array') throw mismatch(writer, reader);
      return arrayReader(writer, reader, gaps);
    case 'map':
      if (writer.type !== 'map') throw mismatch(writer, reader);
      return mapReader(writer, reader, gaps);
    default:
      return primitiveReader(writer, reader);
  }
}

const readPrimitive = {
  null: () => null,
  boolean: (reader: AvroReader) => reader.readBoolean(),
  int: (reader: AvroReader) => reader.readInt(),
  long: (reader: AvroReader) => reader.readLong(),
  float: (reader: AvroReader) => reader.readFloat(),
  double: (reader: AvroReader) => reader.readDouble(),
  bytes: (reader: AvroReader) => reader.readBytes(),
  string: (reader: AvroReader) => reader.readString(),
};
type PrimitiveType = keyof typeof readPrimitive;

/** Which types of a writer each of ours takes besides itself. Text and bytes have one encoding, so our side decides. */
const promotedFrom: Readonly<Partial<Record<PrimitiveType, readonly PrimitiveType[]>>> = {
  long: ['int'],
  float: ['int', 'long'],
  double: ['int', 'long', 'float'],
};

function primitiveReader(writer: Schema, reader: Extract<Schema, { type: PrimitiveType }>): Read {
  const { type } = reader;
  if (writer.type === type || isTextOf(writer, type)) return readPrimitive[type];
  const promoted = promotedFrom[type]?.find((each) => each === writer.type);
  if (promoted === undefined) throw mismatch(writer, reader);
  return readPrimitive[promoted];
}

function isTextOf(writer: Schema, type: PrimitiveType): boolean {
  return (writer.type === 'string' && type === 'bytes') || (writer.type === 'bytes' && type === 'string');
}

function unionWriter(writer: UnionSchema, reader: Schema, gaps: string[]): Read {
  const problems: string[] = [];
  const branches = writer.branches.map((branch) => {
    const read = attempt(() => readerOf(branch, reader, gaps));
    if (!(read instanceof SchemaError)) return read;
    problems.push(read.message);
    return (): never => {
      throw new DecodeError(`a branch that our schema cannot hold: ${read.message}`);
    };
  });
  if (problems.length === branches.length) throw mismatch(writer, reader);
  gaps.push(...problems);
  return (bytes) => branches[bytes.readBranch(branches.length)]?.(bytes);
}

function unionReader(writer: Schema, reader: UnionSchema, gaps: string[]): Read {
  for (const branch of [...reader.branches].sort((left, right) => rank(writer, left) - rank(writer, right))) {
    const found = attempt(() => resolve(writer, branch));
    if (found instanceof SchemaError) continue;
    gaps.push(...found.gaps);
    return found.read;
  }
  throw mismatch(writer, reader);
}

function attempt<Result>(step: () => Result): Result | SchemaError {
  try {
    return step();
  } catch (error) {
    if (error instanceof SchemaError) return error;
    throw error;
  }
}

/** The writer's own type before those it can be promoted to. */
function rank(writer: Schema, branch: Schema): number {
  return writer.type === branch.type ? 0 : 1;
}

/** Namespaces may differ, as the specification has it. */
function sameName(
  writer: { readonly name: string },
  reader: { readonly name: string },
  aliases: readonly string[] = [],
): boolean {
  return [reader.name, ...aliases].map(unqualified).includes(unqualified(writer.name));
}

function recordReader(writer: RecordSchema, reader: RecordSchema, gaps: string[]): Read {
  const unread = new Set(reader.fields);
  const steps = writer.fields.map((theirs) => {
    const ours = counterpart(theirs, unread);
    // A field that we no longer have is read as what it is, and dropped.
    if (ours === undefined) return { name: undefined, read: readerOf(theirs.schema, theirs.schema, []) };
    unread.delete(ours);
    return { name: ours.name, read: within(ours.name, () => readerOf(theirs.schema, ours.schema, gaps)) };
  });
  const missing = [...unread].map((field) => ({ name: field.name, make: defaultOf(field) }));
  const names = reader.fields.map((field) => field.name);
  return (bytes) => {
    const value: Record<string, unknown> = {};
    // In the schema's order whatever the writer's was, as generated code makes them.
    for (const name of names) value[name] = undefined;
    for (const { name, make } of missing) value[name] = make();
    for (const { name, read } of steps) {
      const fieldValue = read(bytes);
      if (name !== undefined) value[name] = fieldValue;
    }
    return value;
  };
}

function counterpart(theirs: FieldSchema, ours: Iterable<FieldSchema>): FieldSchema | undefined {
  const fields = [...ours];
  return (
    fields.find((field) => field.name === theirs.name) ?? fields.find((field) => field.aliases.includes(theirs.name))
  );
}

function enumReader(writer: EnumSchema, reader: EnumSchema, gaps: string[]): Read {
  const symbols = writer.symbols.map((symbol) => (reader.symbols.includes(symbol) ? symbol : reader.fallback));
  writer.symbols.forEach((symbol, index) => {
    if (symbols[index] === undefined) gaps.push(`${reader.name} has no symbol ${symbol}`);
  });
  return (bytes) => {
    const theirs = bytes.readEnum(writer.symbols);
    const ours = symbols[writer.symbols.indexOf(theirs)];
    if (ours === undefined) throw new DecodeError(`symbol ${theirs}, which ${reader.name} does not have`);
    return ours;
  };
}

function arrayReader(writer: ArraySchema, reader: ArraySchema, gaps: string[]): Read {
  const minimum = minimumSize(writer.items);
  if (minimum === 0) throw new SchemaError('an array of items that take no bytes cannot be bounded');
  const readItem = readerOf(writer.items, reader.items, gaps);
  return (bytes) => readArray(bytes, minimum, readItem);
}

function mapReader(writer: MapSchema, reader: MapSchema, gaps: string[]): Read {
  const minimum = minimumSize(writer.values);
  const readValue = readerOf(writer.values, reader.values, gaps);
  return (bytes) => readMap(bytes, minimum, readValue);
}

function within<Result>(field: string, step: () => Result): Result {
  const result = attempt(step);
  if (result instanceof SchemaError) throw new SchemaError(`field ${field}: ${result.message}`);
  return result;
}

function mismatch(writer: Schema, reader: Schema): SchemaError {
  return new SchemaError(`${nameOf(writer)} cannot be read as ${nameOf(reader)}`);
}

function nameOf(schema: Schema): string {
  if (schema.type === 'union') return `union of ${schema.branches.map(nameOf).join(', ')}`;
  return 'name' in schema ? `${schema.type} ${schema.name}` : schema.type;
}

function unqualified(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
