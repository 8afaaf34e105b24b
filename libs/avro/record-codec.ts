import type { Codec } from './codec.ts';
import { DecodeError, EncodeError, UnknownSchemaError } from './errors.ts';
import { mismatchOf } from './mismatch.ts';
import { AvroReader } from './reader.ts';
import { resolve } from './resolution.ts';
import { parseRecordSchema, parseSchema } from './schema.ts';
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

/** Reads a value from where the reader stands. */
export type ReadValue<Value> = (reader: AvroReader) => Value;

const magic = 0xc3;
const version = 0x01;
const headerLength = 10;

/** One of each serves all codecs: encoding and decoding never yield. */
const writer = new AvroWriter();
const reader = new AvroReader();

/** A codec in Avro's single-object encoding (Avro 1.12 specification): C3 01, the schema's fingerprint, the value. */
export class RecordCodec<Value> implements Codec<Value> {
  readonly name: string;
  /** The schema as JSON. */
  readonly schema: string;
  private readonly definition: RecordDefinition<Value>;
  private readonly header: Buffer;
  private readonly earlier = new Map<string, ReadValue<Value>>();

  constructor(definition: RecordDefinition<Value>) {
    this.name = definition.name;
    this.schema = definition.schema;
    this.definition = definition;
    this.header = Buffer.concat([Buffer.of(magic, version), Buffer.from(definition.fingerprint, 'hex')]);
  }

  encode(value: Value): Buffer {
    return this.encodeAfter(this.header, value);
  }

  decode(bytes: Buffer): Value {
    if (startsWith(bytes, this.header)) return this.decodeFrom(bytes, headerLength);
    if (bytes.length < headerLength || bytes[0] !== magic || bytes[1] !== version) throw this.foreign(bytes);
    return this.decodeFrom(bytes, headerLength, this.earlierVersion(bytes.toString('hex', 2, headerLength)));
  }

  /** Encodes behind the header of another frame. @throws EncodeError naming the field that the schema cannot hold. */
  encodeAfter(header: Uint8Array, value: Value): Buffer {
    writer.begin();
    try {
      writer.writeRaw(header);
      this.definition.write(writer, value);
    } catch (error) {
      const mismatch = mismatchOf(parseRecordSchema(this.schema), value);
      throw new EncodeError(`not a ${this.name}: ${mismatch ?? String(error)}`, error);
    }
    return writer.finish();
  }

  /**
   * Decodes the value that starts at an offset.
   * @param read How, when it was written with another schema than this one.
   * @throws DecodeError
   */
  decodeFrom(bytes: Buffer, offset: number, read: ReadValue<Value> = this.definition.read): Value {
    try {
      reader.begin(bytes, offset);
      const value = read(reader);
      reader.finish();
      return value;
    } catch (error) {
      if (error instanceof DecodeError) throw new DecodeError(`not a ${this.name}: ${error.message}`);
      throw error;
    }
  }

  /** How values of a writer's schema are read as ours. @throws SchemaError when they cannot be. */
  readerOf(writerSchema: string): ReadValue<Value> {
    const { read } = resolve(parseSchema(writerSchema), parseRecordSchema(this.schema));
    // What resolves to our schema has our type: both were generated from it.
    return read as ReadValue<Value>;
  }

  private earlierVersion(fingerprint: string): ReadValue<Value> {
    const known = this.earlier.get(fingerprint);
    if (known !== undefined) return known;
    const schema = this.definition.history[fingerprint];
    if (schema === undefined) {
      throw new UnknownSchemaError(
        `${this.name} written with a schema of fingerprint ${fingerprint}, which this version does not know`,
        'Update this process to at least the version of the one that wrote the record.',
      );
    }
    const read = this.readerOf(schema);
    this.earlier.set(fingerprint, read);
    return read;
  }

  private foreign(bytes: Buffer): DecodeError {
    const message = `not a ${this.name}: the bytes do not start with the header of Avro's single-object encoding`;
    if (bytes[0] !== 0) return new DecodeError(message);
    return new DecodeError(message, "If they are in Confluent's wire format, set SCHEMA_REGISTRY_URL.");
  }
}

/** A loop, because `Buffer.compare` costs more than ten bytes do. */
function startsWith(bytes: Buffer, header: Buffer): boolean {
  for (let index = 0; index < header.length; index++) {
    if (bytes[index] !== header[index]) return false;
  }
  return true;
}
