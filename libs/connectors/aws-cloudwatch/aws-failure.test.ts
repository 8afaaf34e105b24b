import { ConnectorError } from '@tailrace/connector/connector-error.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { describe, expect, it } from 'vitest';
import { awsFailure } from './aws-failure.ts';

const named = (name: string, message = 'said', more: object = {}) =>
  Object.assign(new Error(message), { name, ...more });

describe('awsFailure', () => {
  it.each([
    ['UnrecognizedClientException', 'auth_refused'],
    ['InvalidClientTokenId', 'auth_refused'],
    ['InvalidSignatureException', 'auth_refused'],
    ['SignatureDoesNotMatch', 'auth_refused'],
    ['IncompleteSignatureException', 'auth_refused'],
    ['MissingAuthenticationTokenException', 'auth_refused'],
    ['ExpiredTokenException', 'auth_refused'],
    ['ExpiredToken', 'auth_refused'],
    ['CredentialsProviderError', 'auth_refused'],
    ['AccessDeniedException', 'permission_denied'],
    ['AccessDenied', 'permission_denied'],
    ['OptInRequired', 'permission_denied'],
    ['RegionDisabledException', 'permission_denied'],
    ['ResourceNotFoundException', 'not_found'],
    ['InvalidParameterException', 'invalid_config'],
    ['ValidationException', 'invalid_config'],
    ['UnknownOperationException', 'invalid_config'],
    ['ThrottlingException', 'throttled'],
    ['TooManyRequestsException', 'throttled'],
    ['LimitExceededException', 'throttled'],
    ['ServiceUnavailableException', 'unreachable'],
    ['InternalFailure', 'unreachable'],
    ['RequestTimeTooSkewed', 'unreachable'],
    ['TimeoutError', 'unreachable'],
  ] as const)('takes %s for %s', (name, failure) => {
    expect(awsFailure(named(name))).toMatchObject({ failure, help: expect.any(String), message: /^AWS: / });
  });

  it.each([
    [429, 'throttled'],
    [403, 'permission_denied'],
    [404, 'invalid_config'],
    [400, 'invalid_config'],
    [408, 'unreachable'],
    [500, 'unreachable'],
    [503, 'unreachable'],
  ] as const)('goes by the status of a name that nobody knows: %i', (httpStatusCode, failure) => {
    const error = awsFailure(named('NewException', 'said', { $metadata: { httpStatusCode } }));
    expect(error).toMatchObject({ failure, message: 'AWS: NewException: said' });
  });

  it('does not blame the key for a clock that is off, nor the configuration for a page token', () => {
    const skewed = named('InvalidSignatureException', 'Signature expired: 20260101T000000Z is now earlier than …');
    expect(awsFailure(skewed)).toMatchObject({ failure: 'unreachable', help: expect.stringContaining('clock') });
    const token = named('InvalidParameterException', 'The specified nextToken is invalid.');
    expect(awsFailure(token)).toMatchObject({ failure: 'unreachable' });
  });

  it('names a host without an address', () => {
    const error = named('Error', 'getaddrinfo ENOTFOUND logs.moon-1.amazonaws.com', { code: 'ENOTFOUND' });
    expect(awsFailure(error)).toMatchObject({ failure: 'unreachable', help: expect.stringContaining('region') });
  });

  it.each([
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('reads how long to wait from %j', (headers, retryAfterMs) => {
    const error = named('ThrottlingException', 'Rate exceeded', { $response: { headers } });
    expect(awsFailure(error).retryAfterMs).toBe(retryAfterMs);
  });

  it('keeps what is one already', () => {
    const error = new ConnectorError('not_found', 'x');
    expect(awsFailure(error)).toBe(error);
  });

  it('shows no secret: AWS answers a wrong signature with all that was signed', () => {
    const token = 'IQoJb3JpZ2luX2VjEXAMPLE';
    const error = awsFailure(
      named(
        'InvalidSignatureException',
        `The signature does not match, see ${token}.\n\nThe Canonical String should have been\n'POST\nx-amz-security-token:${token}'`,
        { $response: { headers: { authorization: token } }, cause: new Error(`inner ${token}`) },
      ),
      [token],
    );
    const lines: string[] = [];
    createLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } }).warn({ err: error }, 'x');
    expect(error.message).toBe('AWS: The signature does not match, see [redacted].');
    for (const text of [String(error.stack), String(error.help), lines.join()]) expect(text).not.toContain(token);
    expect(lines.join()).toContain('InvalidSignatureException');
  });
});
