import { Metadata, status } from '@grpc/grpc-js';
import { encode } from './protocol.ts';

/** A status as Cloud Logging answers it. */
export class GcpError extends Error {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;

  constructor(code: status, details: string, retryAfterSeconds?: number) {
    super(details);
    this.code = code;
    this.details = details;
    this.metadata = new Metadata();
    if (retryAfterSeconds !== undefined) {
      this.metadata.set('grpc-status-details-bin', retryDetails(code, details, retryAfterSeconds));
    }
  }

  /** The code's name, for the request log. */
  get outcome(): string {
    return status[this.code];
  }
}

/** google.rpc.Status with a RetryInfo in it. */
function retryDetails(code: status, message: string, seconds: number): Buffer {
  const value = encode('google.rpc.RetryInfo', { retryDelay: { seconds: String(seconds), nanos: 0 } });
  const detail = { type_url: 'type.googleapis.com/google.rpc.RetryInfo', value };
  return encode('google.rpc.Status', { code, message, details: [detail] });
}

export function invalidArgument(details: string): GcpError {
  return new GcpError(status.INVALID_ARGUMENT, details);
}

export function unauthenticated(): GcpError {
  return new GcpError(
    status.UNAUTHENTICATED,
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.',
  );
}

export function permissionDenied(): GcpError {
  return new GcpError(status.PERMISSION_DENIED, 'The caller does not have permission');
}

export function quotaExceeded(
  what: 'Read requests per minute' | 'Tail sessions',
  retryAfterSeconds?: number,
): GcpError {
  return new GcpError(
    status.RESOURCE_EXHAUSTED,
    `Quota exceeded for quota metric '${what}' of service 'logging.googleapis.com'.`,
    retryAfterSeconds,
  );
}
