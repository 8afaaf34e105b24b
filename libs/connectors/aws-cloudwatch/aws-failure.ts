import { retryAfterMs } from '@tailrace/errors/retry-after.ts';
import { printableCause, safeMessage } from '@tailrace/ingestion/asking/provider-error.ts';
import { ConnectorError, type ConnectorFailure } from '@tailrace/ingestion/contract/connector-error.ts';

interface Meaning {
  readonly failure: ConnectorFailure;
  readonly help: string;
}

const checkKeys: Meaning = {
  failure: 'auth_refused',
  help: 'Check access_key_id, secret_access_key and session_token; the key may be deleted, inactive or expired.',
};
const noCredentials: Meaning = {
  failure: 'auth_refused',
  help: 'Give access_key_id and secret_access_key, or run ingest with an AWS identity.',
};
const notAllowed: Meaning = {
  failure: 'permission_denied',
  help: 'Allow logs:FilterLogEvents on this log group (docs/connect/aws.md shows the policy).',
};
const checkRole: Meaning = { failure: 'permission_denied', help: "Check the role's trust policy and external_id." };
const tooMany: Meaning = {
  failure: 'throttled',
  help: 'Reading continues automatically; a longer poll_interval_ms makes fewer requests.',
};
const invalid: Meaning = { failure: 'invalid_config', help: 'Check log_group, log_streams and filter_pattern.' };
const notCloudWatch: Meaning = {
  failure: 'invalid_config',
  help: 'Check endpoint: what answers is not CloudWatch Logs.',
};
const again: Meaning = { failure: 'unreachable', help: 'Retried automatically.' };
const brokenConnection: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNREFUSED']);
const skewed: Meaning = {
  failure: 'unreachable',
  help: 'The clock of the ingest machine is off by minutes. The difference is noted and it is tried again; set the clock.',
};

/**
 * Exceptions of CloudWatch Logs, of STS and of the signature check, by name
 * (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/CommonErrors.html,
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html).
 */
const meanings: Readonly<Record<string, Meaning>> = {
  UnrecognizedClientException: checkKeys,
  InvalidClientTokenId: checkKeys,
  InvalidSignatureException: checkKeys,
  SignatureDoesNotMatch: checkKeys,
  IncompleteSignature: checkKeys,
  IncompleteSignatureException: checkKeys,
  MissingAuthenticationToken: checkKeys,
  MissingAuthenticationTokenException: checkKeys,
  ExpiredTokenException: checkKeys,
  ExpiredToken: checkKeys,
  NotAuthorized: checkKeys,
  CredentialsProviderError: noCredentials,
  TokenProviderError: noCredentials,
  AccessDeniedException: notAllowed,
  AccessDenied: checkRole,
  MalformedPolicyDocument: checkRole,
  PackedPolicyTooLarge: checkRole,
  InvalidIdentityToken: checkRole,
  IDPRejectedClaim: checkRole,
  OptInRequired: { failure: 'permission_denied', help: 'The account is not enabled for this region.' },
  RegionDisabledException: { failure: 'permission_denied', help: 'The account is not enabled for this region.' },
  ResourceNotFoundException: {
    failure: 'not_found',
    help: 'Check region, log_group and log_streams: a log group exists in one region of one account.',
  },
  InvalidParameterException: invalid,
  InvalidOperationException: invalid,
  ValidationException: invalid,
  ValidationError: invalid,
  SerializationException: invalid,
  UnknownOperationException: notCloudWatch,
  ThrottlingException: tooMany,
  Throttling: tooMany,
  TooManyRequestsException: tooMany,
  LimitExceededException: tooMany,
  RequestLimitExceeded: tooMany,
  RequestThrottled: tooMany,
  ServiceUnavailableException: again,
  ServiceUnavailable: again,
  InternalFailure: again,
  InternalServerError: again,
  RequestTimeoutException: again,
  RequestAbortedException: again,
  RequestExpired: skewed,
  RequestTimeTooSkewed: skewed,
};

/** What an error of the SDK means for the connection. @param secrets that must not stand in its message. */
export function awsFailure(error: unknown, secrets: readonly string[] = []): ConnectorError {
  if (error instanceof ConnectorError) return error;
  const said = safeMessage(error, secrets);
  const { failure, help } = meaningOf(error, said);
  const name = error instanceof Error && error.name !== 'Error' && !(error.name in meanings) ? `${error.name}: ` : '';
  const retryAfter = retryAfterOf(error);
  return new ConnectorError(failure, `AWS: ${name}${said}`, {
    help,
    cause: printableCause(error, secrets),
    ...(retryAfter !== undefined && { retryAfterMs: retryAfter }),
  });
}

function meaningOf(error: unknown, said: string): Meaning {
  const name = error instanceof Error ? error.name : '';
  if (/signature/i.test(name) && /signature (not yet current|expired)/i.test(said)) return skewed;
  // A page token is ours, not the configuration's: the sweep starts over without it.
  if (/nextToken/i.test(said)) return again;
  const known = Object.hasOwn(meanings, name) ? meanings[name] : undefined;
  if (known) return known;
  const code = property(error, 'code');
  // The SDK has the status of an answer that it could not read to its end.
  if (typeof code === 'string' && brokenConnection.has(code)) return again;
  if (code === 'ENOTFOUND') {
    return {
      failure: 'unreachable',
      help: 'The endpoint has no address: check region and endpoint, and the DNS of the ingest process.',
    };
  }
  return ofStatus(property(property(error, '$metadata'), 'httpStatusCode'));
}

/** For names that nobody knows yet. */
function ofStatus(status: unknown): Meaning {
  if (status === 429) return tooMany;
  if (status === 401 || status === 403) return { ...notAllowed, help: `${checkKeys.help} ${notAllowed.help}` };
  if (status === 404) return notCloudWatch;
  if (typeof status === 'number' && status >= 400 && status < 500 && status !== 408) return invalid;
  return again;
}

/** The SDK hangs the HTTP response on its errors, out of their types. */
function retryAfterOf(error: unknown): number | undefined {
  const headers = property(property(error, '$response'), 'headers');
  const header = property(headers, 'retry-after') ?? property(headers, 'Retry-After');
  return typeof header === 'string' ? retryAfterMs(header) : undefined;
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
