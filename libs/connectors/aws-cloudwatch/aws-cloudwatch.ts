import type { ConnectorDefinition } from '@tailrace/ingestion/contract/connector.ts';
import { eventTiers } from '@tailrace/ingestion/contract/event-tiers.ts';
import { connectionSettingUses } from '@tailrace/ingestion/contract/settings.ts';
import { type AwsConfig, awsConfig } from './config.ts';
import { usesHostIdentity } from './credentials.ts';
import { logGroupOf } from './log-group.ts';
import { openSource } from './source.ts';

/**
 * AWS CloudWatch Logs. Accepts events up to 14 days old, so the widest sweep looks back that far
 * (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html).
 */
export const awsCloudWatch: ConnectorDefinition<typeof awsConfig> = {
  provider: 'aws',
  title: 'AWS CloudWatch Logs',
  sourceFields: ['region', 'log_group'],
  configSchema: awsConfig,
  fields: {
    ...connectionSettingUses,
    access_key_id: 'setting',
    secret_access_key: 'secret',
    session_token: 'secret',
    role_arn: 'setting',
    external_id: 'setting',
    // Every region's host is one of AWS's own.
    region: 'setting',
    log_group: 'setting',
    log_streams: 'setting',
    filter_pattern: 'setting',
    endpoint: { addressOf: ['secret_access_key', 'session_token'] },
  },
  usesHostIdentity,
  axis: 'event',
  tiers: (config) => eventTiers(config.poll_interval_ms),
  quota: (config) => ({ key: `aws/${config.region}/${callerOf(config)}`, requests: 5, perMs: 1000 }),
  describe: (config) => {
    const { name = config.log_group, account } = logGroupOf(config.log_group) ?? {};
    return {
      log_group: name,
      region: config.region,
      ...(account !== undefined && { account_id: account }),
      ...(config.log_streams && { log_streams: JSON.stringify(config.log_streams) }),
      ...(config.filter_pattern !== undefined && { filter_pattern: config.filter_pattern }),
    };
  },
  open: (config) => openSource(config),
};

/** The quota is the calling account's. A role's ARN names it, a key does not: then those with one key share a limiter. */
function callerOf({ role_arn: role, access_key_id: key }: AwsConfig): string {
  return role?.split(':')[4] ?? key ?? 'host';
}
