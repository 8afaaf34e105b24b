import { fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import type { AwsConfig } from './config.ts';

/** Where the instance's metadata service is, it answers at once. */
const metadataTimeoutMs = 1000;
const connectTimeoutMs = 5000;

/** Whether the configuration has no keys, so that the machine's own are used, with or without a role. */
export function usesHostIdentity(config: AwsConfig): boolean {
  return config.access_key_id === undefined;
}

/**
 * The credentials that requests are signed with: the given key or the host's identity (environment, profile, container
 * or instance role), and what the role gives that is assumed with them. Temporary ones are renewed before they expire.
 */
export function credentialsOf(config: AwsConfig) {
  const { access_key_id: accessKeyId, secret_access_key: secretAccessKey, session_token: sessionToken } = config;
  const clientConfig = {
    region: config.region,
    maxAttempts: 1,
    // The SDK gives a request under way to everyone who asks: one that hung would hang them all, for good.
    requestHandler: {
      connectionTimeout: connectTimeoutMs,
      requestTimeout: config.request_timeout_ms,
      throwOnRequestTimeout: true,
    },
  };
  const own =
    accessKeyId === undefined || secretAccessKey === undefined
      ? fromNodeProviderChain({ clientConfig, maxRetries: 0, timeout: metadataTimeoutMs })
      : { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
  if (config.role_arn === undefined) return own;
  return fromTemporaryCredentials({
    masterCredentials: own,
    clientConfig,
    params: {
      RoleArn: config.role_arn,
      RoleSessionName: 'tailrace',
      ...(config.external_id !== undefined && { ExternalId: config.external_id }),
    },
  });
}
