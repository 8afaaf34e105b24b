import type { ConnectorDefinition } from '@tailrace/connector/connector.ts';
import { accountOf, awsConfig } from './config.ts';
import { openSource } from './source.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * AWS CloudWatch Logs. Accepts events up to 14 days old, so the widest sweep looks back that far
 * (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html).
 */
export const awsCloudWatch: ConnectorDefinition<typeof awsConfig> = {
  provider: 'aws',
  configSchema: awsConfig,
  secretFields: ['secret_access_key', 'session_token'],
  endpointFields: ['endpoint'],
  axis: 'event',
  tiers: (config) => [
    { lookbackMs: 2 * minute, everyMs: config.poll_interval_ms },
    { lookbackMs: hour, everyMs: Math.max(minute, config.poll_interval_ms) },
    { lookbackMs: day, everyMs: 15 * minute },
    { lookbackMs: 14 * day, everyMs: day },
  ],
  // The quota belongs to the account, which a key does not tell: connections with one key share one limiter.
  quota: (config) => ({
    key: `aws/${config.region}/${accountOf(config.log_group) ?? config.role_arn ?? config.access_key_id ?? 'host'}`,
    requests: 5,
    perMs: 1000,
    concurrency: config.concurrency,
  }),
  describe: (config) => {
    const account = accountOf(config.log_group);
    return {
      log_group: account === undefined ? config.log_group : (config.log_group.split(':')[6] ?? config.log_group),
      region: config.region,
      ...(account !== undefined && { account_id: account }),
      ...(config.log_streams && { log_streams: JSON.stringify(config.log_streams) }),
      ...(config.filter_pattern !== undefined && { filter_pattern: config.filter_pattern }),
    };
  },
  open: (config) => openSource(config),
};
