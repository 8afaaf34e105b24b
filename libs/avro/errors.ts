import { TailraceError } from '@tailrace/errors/tailrace-error.ts';

/** Bytes that are no record of the schema: wrong magic, cut short, a length beyond the end, a number beyond 2^53. */
export class DecodeError extends TailraceError {
  constructor(message: string, help?: string) {
    super(message, { code: 'avro.decode_failed', remedy: 'give-up', ...(help === undefined ? {} : { help }) });
  }
}

/** Bytes of a schema that nobody knows, by its fingerprint or registry id, or that cannot be read as ours. */
export class UnknownSchemaError extends TailraceError {
  constructor(message: string, help: string) {
    super(message, { code: 'avro.unknown_schema', remedy: 'give-up', help });
  }
}

/** A value that its schema cannot hold. The message names the field and never repeats the value. */
export class EncodeError extends TailraceError {
  constructor(message: string, cause: unknown) {
    super(message, { code: 'avro.encode_failed', remedy: 'give-up', cause });
  }
}

/** The schema registry cannot be reached, answers with an error of its own, or refuses our credentials. */
export class RegistryUnavailableError extends TailraceError {
  constructor(message: string, cause?: unknown) {
    super(message, {
      code: 'avro.registry_unavailable',
      remedy: 'retry',
      help: 'Check SCHEMA_REGISTRY_URL, its credentials, and that the registry runs.',
      cause,
    });
  }
}

/** The registry does not take our schema for its subject. */
export class SchemaRejectedError extends TailraceError {
  constructor(message: string) {
    super(message, {
      code: 'avro.schema_rejected',
      remedy: 'give-up',
      help: "Register a compatible schema, or change the subject's compatibility level in the registry.",
    });
  }
}
