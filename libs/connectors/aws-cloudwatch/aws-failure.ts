import { ConnectorError, type ConnectorFailure } from '@tailrace/connector/connector-error.ts';
import { messageOf } from '@tailrace/errors/tailrace-error.ts';

interface Meaning {
  readonly failure: ConnectorFailure;
  readonly help: string;
}

const checkKeys: Meaning = {
  failure: 'auth_refused',
  help: 'Check access_key_id, secret_access_key and session_token; the key may be deleted, inactive or expired.',
};
const tooMany: Meaning = {
  failure: 'throttled',
  help: 'It goes on by itself; a longer poll_interval_ms asks less often.',
};
const invalid: Meaning = { failure: 'invalid_config', help: 'Check log_group, log_streams and filter_pattern.' };

/**
 * Exceptions of CloudWatch Logs, STS and the signature check, by name
 * (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/CommonErrors.html).
 */
const meanings: Readonly<Record<string, Meaning>> = {
  UnrecognizedClientException: checkKeys,
  InvalidClientTokenId: checkKeys,
  InvalidSignatureException: checkKeys,
  SignatureDoesNotMatch: checkKeys,
  IncompleteSignatureException: checkKeys,
  MissingAuthenticationTokenException: checkKeys,
  ExpiredTokenException: checkKeys,
  ExpiredToken: checkKeys,
  CredentialsProviderError: {
    failure: 'auth_refused',
    help: 'No credentials were found: give access_key_id and secret_access_key, or run ingest with an AWS identity.',
  },
  AccessDeniedException: {
    failure: 'permission_denied',
    help: 'Allow logs:FilterLogEvents on this log group (README shows the policy).',
  },
  AccessDenied: { failure: 'permission_denied', help: "Check the role's trust policy and external_id." },
  OptInRequired: { failure: 'permission_denied', help: 'The account is not enabled for this region.' },
  ResourceNotFoundException: {
    failure: 'not_found',
    help: 'Check region, log_group and log_streams: a log group exists in one region of one account.',
  },
  InvalidParameterException: invalid,
  ValidationException: invalid,
  ThrottlingException: tooMany,
  Throttling: tooMany,
  TooManyRequestsException: tooMany,
  LimitExceededException: tooMany,
  RequestLimitExceeded: tooMany,
};

/** What an error of the SDK means for the connection. */
export function awsFailure(error: unknown): ConnectorError {
  if (error instanceof ConnectorError) return error;
  const name = error instanceof Error ? error.name : '';
  const message = messageOf(error);
  const meaning = meanings[name];
  const retryAfterMs = retryAfterOf(error);
  if (meaning) {
    return new ConnectorError(meaning.failure, `AWS: ${message}`, {
      help: meaning.help,
      cause: error,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  }
  if (isUnknownHost(error)) {
    return new ConnectorError('unreachable', `AWS: ${message}`, {
      help: 'The endpoint has no address: check region and endpoint, and the DNS of the ingest process.',
      cause: error,
    });
  }
  return new ConnectorError('unreachable', `AWS: ${name === '' ? message : `${name}: ${message}`}`, {
    help: 'It is tried again by itself.',
    cause: error,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

function retryAfterOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$response' in error)) return undefined;
  const { $response: response } = error;
  if (typeof response !== 'object' || response === null || !('headers' in response)) return undefined;
  const { headers } = response;
  if (typeof headers !== 'object' || headers === null) return undefined;
  const seconds = Number(Object.entries(headers).find(([name]) => name.toLowerCase() === 'retry-after')?.[1]);
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

function isUnknownHost(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOTFOUND';
}
