/**
 * Encodes values of one Avro schema to Kafka record values and back, in Avro's single-object encoding. Where a schema
 * registry is configured, the Kafka client changes that to Confluent's wire format and back.
 */
export interface Codec<Value> {
  /** The schema's full name. */
  readonly name: string;
  /** @throws EncodeError for a value that the schema cannot hold. */
  encode(value: Value): Buffer;
  /**
   * Reads bytes of this or of any earlier version of the schema.
   * @throws UnknownSchemaError for bytes of a schema that nobody knows.
   * @throws DecodeError for anything else, without allocating what a corrupt length asks for.
   */
  decode(bytes: Buffer): Value;
}
