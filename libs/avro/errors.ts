import { TailraceError } from '@tailrace/errors/tailrace-error.ts';

/** Bytes that are no record of the schema: wrong magic, cut short, a length beyond the end, a number beyond 2^53. */
export class DecodeError extends TailraceError {
  constructor(message: string, help?: string) {
    super(message, { code: 'avro.decode_failed', remedy: 'give-up', ...(help === undefined ? {} : { help }) });
  }
}

/** Bytes whose schema (fingerprint or registry id) neither this version nor the registry knows, or cannot be read as ours. */
export class UnknownSchemaError extends TailraceError {
  constructor(message: string, help: string) {
    super(message, { code: 'avro.unknown_schema', remedy: 'give-up', help });
  }
}

/** A value that its schema cannot hold. The message names the field and never the value. */
export class EncodeError extends TailraceError {
  constructor(message: string, cause: unknown) {
    super(message, { code: 'avro.encode_failed', remedy: 'give-up', cause });
  }
}
