import type { Codec } from './codec.ts';
import { DecodeError, EncodeError, UnknownSchemaError } from './errors.ts';
import { AvroReader } from './reader.ts';
import { learnedSchema } from './registry/learned-schemas.ts';
import { fingerprintIn, singleObjectHeader, singleObjectHeaderLength, startsWith } from './registry/single-object.ts';
import { mismatchOf } from './schema/mismatch.ts';
import { resolve } from './schema/resolution.ts';
import { parseRecordSchema, parseSchema, SchemaError } from './schema/schema.ts';
import { AvroWriter } from './writer.ts';

/** What is generated for a record schema. */
interface RecordDefinition<Value> {
  readonly name: string;
  /** The schema as JSON, with the defaults and aliases that resolution needs. */
  readonly schema: string;
  /** CRC-64-AVRO of the canonical form; 16 hexadecimal digits in the order of the wire. */
  readonly fingerprint: string;
  /** Earlier versions of the schema, in canonical form, by fingerprint. */
  readonly history: Readonly<Record<string, string>>;
  readonly write: (writer: AvroWriter, value: Value) => void;
  readonly read: (reader: AvroReader) => Value;
}

type Read<Value> = (reader: AvroReader) => Value;

/** One of each serves all codecs: encoding and decoding never yield. */
const writer = new AvroWriter();
const reader = new AvroReader();

/**
 * A codec in Avro's single-object encoding. It reads this version of the schema by generated code, and by schema
 * resolution earlier versions and those that a registry returned.
 */
export class RecordCodec<Value> implements Codec<Value> {
  readonly name: string;
  readonly schema: string;
  readonly fingerprint: string;
  readonly #definition: RecordDefinition<Value>;
  readonly #header: Buffer;
  readonly #resolved = new Map<string, Read<Value>>();

  constructor(definition: RecordDefinition<Value>) {
    this.name = definition.name;
    this.schema = definition.schema;
    this.fingerprint = definition.fingerprint;
    this.#definition = definition;
    this.#header = singleObjectHeader(definition.fingerprint);
  }

  encode(value: Value): Buffer {
    writer.begin();
    try {
      writer.writeRaw(this.#header);
      this.#definition.write(writer, value);
    } catch (error) {
      const mismatch = mismatchOf(parseRecordSchema(this.schema), value);
      throw new EncodeError(`not a ${this.name}: ${mismatch ?? String(error)}`, error);
    }
    return writer.finish();
  }

  decode(bytes: Buffer): Value {
    if (startsWith(bytes, this.#header)) return this.#read(this.#definition.read, bytes);
    const fingerprint = fingerprintIn(bytes);
    if (fingerprint === undefined) throw foreign(this.name, bytes);
    return this.#read(this.#resolvedRead(fingerprint), bytes);
  }

  #read(read: Read<Value>, bytes: Buffer): Value {
    try {
      reader.begin(bytes, singleObjectHeaderLength);
      const value = read(reader);
      reader.finish();
      return value;
    } catch (error) {
      if (error instanceof DecodeError) throw new DecodeError(`not a ${this.name}: ${error.message}`);
      throw error;
    }
  }

  /** How bytes of another version are read. */
  #resolvedRead(fingerprint: string): Read<Value> {
    const known = this.#resolved.get(fingerprint);
    if (known !== undefined) return known;
    const schema = this.#definition.history[fingerprint] ?? learnedSchema(fingerprint);
    if (schema === undefined) {
      throw new UnknownSchemaError(
        `${this.name} written with a schema of fingerprint ${fingerprint}, which this version does not know`,
        'Update this process to at least the version of the one that wrote the record.',
      );
    }
    const read = this.#resolve(schema);
    this.#resolved.set(fingerprint, read);
    return read;
  }

  #resolve(schema: string): Read<Value> {
    try {
      const { read } = resolve(parseSchema(schema), parseRecordSchema(this.schema));
      // What resolves to our schema is of our type: both come from one document.
      return read as Read<Value>;
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error;
      throw new UnknownSchemaError(
        `written with a schema that is not one of ${this.name}: ${error.message}`,
        'Find out which process writes to this topic.',
      );
    }
  }
}

function foreign(name: string, bytes: Buffer): DecodeError | UnknownSchemaError {
  if (bytes.length > 5 && bytes[0] === 0) {
    return new UnknownSchemaError(
      `not a ${name}: in Confluent's wire format with schema id ${bytes.readInt32BE(1)}, which is not known here`,
      'Set SCHEMA_REGISTRY_URL to the registry of the process that wrote it; where it is set, that has no such Avro record.',
    );
  }
  return new DecodeError(`not a ${name}: the bytes do not start with the header of Avro's single-object encoding`);
}
