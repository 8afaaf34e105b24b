import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { Codec } from './codec.ts';
import { DecodeError, EncodeError, UnknownSchemaError } from './errors.ts';
import { AvroReader } from './reader.ts';
import { AvroWriter } from './writer.ts';

/** What is generated for a record schema. */
interface RecordDefinition<Value> {
  /** The schema as JSON, with the defaults and aliases that resolution needs. */
  readonly schema: string;
  readonly name: string;
  /** CRC-64-AVRO of the canonical form; 16 hexadecimal digits in the order of the wire. */
  readonly fingerprint: string;
  /** Earlier versions of the schema by fingerprint, in canonical form. */
  readonly history: Readonly<Record<string, string>>;
  readonly write: (writer: AvroWriter, value: Value) => void;
  readonly read: (reader: AvroReader) => Value;
}

const magic = 0xc3;
const version = 0x01;
const headerLength = 10;

/** One of each serves all codecs: encoding and decoding never yield. */
const writer = new AvroWriter();
const reader = new AvroReader();

/** A codec in Avro's single-object encoding (Avro 1.12 specification): C3 01, the schema's fingerprint, the value. */
export class RecordCodec<Value> implements Codec<Value> {
  readonly name: string;
  readonly schema: string;
  private readonly definition: RecordDefinition<Value>;
  private readonly header: Buffer;

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
    if (bytes.length < headerLength || bytes[0] !== magic || bytes[1] !== version) {
      throw new DecodeError(
        `not a ${this.name}: the bytes do not start with the header of Avro's single-object encoding`,
      );
    }
    if (this.header.compare(bytes, 0, headerLength) === 0) return this.decodeFrom(headerLength, bytes);
    const fingerprint = bytes.toString('hex', 2, headerLength);
    throw new UnknownSchemaError(
      `${this.name} written with a schema of fingerprint ${fingerprint}, which this version does not know`,
      'Update this process to the version of the one that wrote the record.',
    );
  }

  /** Encodes behind another frame's header. @throws EncodeError */
  encodeAfter(header: Uint8Array, value: Value): Buffer {
    writer.begin();
    try {
      writer.writeRaw(header);
      this.definition.write(writer, value);
    } catch (error) {
      throw new EncodeError(`the value is no ${this.name}: ${String(error)}`, error);
    }
    return writer.finish();
  }

  /** Decodes the value that starts at an offset and was written with exactly this schema. @throws DecodeError */
  decodeFrom(offset: number, bytes: Buffer): Value {
    try {
      reader.begin(bytes, offset);
      const value = this.definition.read(reader);
      reader.finish();
      return value;
    } catch (error) {
      if (error instanceof TailraceError) throw new DecodeError(`not a ${this.name}: ${error.message}`);
      throw error;
    }
  }
}
