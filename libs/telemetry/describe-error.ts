import { TailraceError } from '@tailrace/errors/tailrace-error.ts';

const maxCauses = 5;

interface ErrorDescription {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly remedy?: string;
  readonly help?: string;
  readonly stack?: string;
  readonly cause?: ErrorDescription;
}

/**
 * What a log line says of an error. Only known fields are taken: the errors of cloud SDKs and HTTP clients carry the
 * whole request, with its authorization header, as enumerable properties.
 */
export function describeError(error: unknown): ErrorDescription {
  return describe(error, maxCauses);
}

function describe(error: unknown, causesLeft: number): ErrorDescription {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  return {
    type: error.name,
    message: error.message,
    ...codeOf(error),
    ...(error instanceof TailraceError ? { remedy: error.remedy, help: error.help } : {}),
    stack: error.stack,
    ...(error.cause !== undefined && causesLeft > 0 ? { cause: describe(error.cause, causesLeft - 1) } : {}),
  };
}

/** Node's, PostgreSQL's and our own errors all keep a stable code under this name. */
function codeOf(error: Error): { code?: string } {
  return 'code' in error && (typeof error.code === 'string' || typeof error.code === 'number')
    ? { code: String(error.code) }
    : {};
}
