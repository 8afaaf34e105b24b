import type { HttpRequest } from '../wire/http-service.ts';
import { AwsError } from './aws-error.ts';
import { isSignedBy, readAuthorization } from './signature.ts';

/** An access key the simulated AWS knows. */
export interface AwsAccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** For temporary credentials. */
  readonly sessionToken?: string;
  /** The 12-digit account. */
  readonly account: string;
  /** `denied` may sign in, but has no permission; `expired` is out of its time. */
  readonly state: 'active' | 'expired' | 'denied';
}

/** Who asks, and in which region. */
export interface AwsCaller {
  readonly key: AwsAccessKey;
  readonly region: string;
}

const regionPattern = /^[a-z]{2}(-[a-z]+)+-\d$/;

/** Authenticates and authorises a request. Throws the AwsError that AWS would answer. */
export function callerOf(request: HttpRequest, operation: string, keys: readonly AwsAccessKey[]): AwsCaller {
  const signed = readAuthorization(request);
  if (signed === undefined) {
    throw new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  const key = keys.find((known) => known.accessKeyId === signed.accessKeyId);
  if (key === undefined || key.sessionToken !== request.headers['x-amz-security-token']) {
    throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.');
  }
  if (!isSignedBy(request, signed, key.secretAccessKey)) {
    throw new AwsError(
      'InvalidSignatureException',
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
    );
  }
  if (!regionPattern.test(signed.region) || signed.service !== 'logs') {
    throw new AwsError('InvalidSignatureException', 'Credential should be scoped to a valid region.');
  }
  if (key.state === 'expired') throw expiredToken();
  if (key.state === 'denied') throw accessDenied(key, signed.region, operation);
  return { key, region: signed.region };
}

export function expiredToken(): AwsError {
  return new AwsError('ExpiredTokenException', 'The security token included in the request is expired');
}

export function accessDenied(key: AwsAccessKey, region: string, operation: string): AwsError {
  return new AwsError(
    'AccessDeniedException',
    `User: arn:aws:iam::${key.account}:user/tailrace is not authorized to perform: logs:${operation} on resource: ` +
      `arn:aws:logs:${region}:${key.account}:log-group:* because no identity-based policy allows the logs:${operation} action`,
  );
}
