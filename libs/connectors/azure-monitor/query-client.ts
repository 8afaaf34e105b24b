import { bearerTokenAuthenticationPolicyName } from '@azure/core-rest-pipeline';
import { ClientSecretCredential } from '@azure/identity';
import { LogsQueryClient } from '@azure/monitor-query-logs';
import type { AzureConfig } from './config.ts';
import { entraPolicy, queryPolicy } from './request-policy.ts';

const publicCloud = 'https://api.loganalytics.io/.default';
/** National clouds have their own API, and tokens for it: https://learn.microsoft.com/azure/azure-monitor/logs/api/access-api */
const nationalClouds = /^api\.loganalytics\.(?:us|azure\.cn)$/;

/** Neither SDK retries or follows a redirect: the runner retries, and only the given hosts are talked to. */
const once = { retryOptions: { maxRetries: 0 }, redirectOptions: { maxRetries: 0 } };

/** The SDK's client, and a way to make it forget a token that was refused. */
export interface QueryClient {
  readonly client: LogsQueryClient;
  forgetToken(): void;
}

export function openQueryClient(config: AzureConfig): QueryClient {
  let credential = credentialOf(config);
  const client = new LogsQueryClient(credential, {
    ...once,
    ...(config.endpoint !== undefined && { endpoint: config.endpoint }),
  });
  client.pipeline.removePolicy({ name: bearerTokenAuthenticationPolicyName });
  client.pipeline.addPolicy(queryPolicy(() => credential, scopeOf(config.endpoint)));
  return {
    client,
    forgetToken() {
      credential = credentialOf(config);
    },
  };
}

function credentialOf(config: AzureConfig): ClientSecretCredential {
  return new ClientSecretCredential(config.tenant_id, config.client_id, config.client_secret, {
    ...once,
    additionalPolicies: [{ policy: entraPolicy, position: 'perCall' }],
    ...(config.authority_host !== undefined && {
      authorityHost: config.authority_host,
      disableInstanceDiscovery: true,
    }),
  });
}

/** What the token for an endpoint is asked for. */
export function scopeOf(endpoint: string | undefined): string {
  const host = endpoint === undefined ? '' : new URL(endpoint).hostname;
  return nationalClouds.test(host) ? `https://${host}/.default` : publicCloud;
}
