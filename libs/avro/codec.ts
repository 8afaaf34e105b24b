/**
 * Encodes values of one Avro schema to Kafka record values and back. Framing (single-object encoding, or Confluent's
 * wire format when a schema registry is configured) is part of the bytes.
 */
export interface Codec<Value> {
  /** The schema's full name. */
  readonly name: string;
  encode(value: Value): Buffer;
  /**
   * Reads bytes of this or of any earlier version of the schema.
   * @throws DecodeError for anything else, without allocating what a corrupt length asks for.
   */
  decode(bytes: Buffer): Value;
}
