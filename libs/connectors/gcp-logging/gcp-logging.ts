import type { ConnectorDefinition } from '@tailrace/connector/connector.ts';
import { gcpConfig } from './config.ts';
import { fullLogName } from './filter.ts';
import { openSource } from './source.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Google Cloud Logging. Sweeps are rare, since a project may be asked about 60 times a minute: the tail brings the new. */
export const gcpLogging: ConnectorDefinition<typeof gcpConfig> = {
  provider: 'gcp',
  configSchema: gcpConfig,
  secretFields: ['credentials_json'],
  endpointFields: ['endpoint'],
  axis: 'event',
  tiers: (config) => [
    { lookbackMs: 2 * minute, everyMs: config.poll_interval_ms },
    { lookbackMs: hour, everyMs: Math.max(2 * minute, config.poll_interval_ms) },
    { lookbackMs: day, everyMs: 15 * minute },
    { lookbackMs: 14 * day, everyMs: day },
  ],
  quota: (config) => ({
    key: `gcp/${config.project_id}`,
    requests: 60,
    perMs: minute,
    concurrency: config.concurrency,
  }),
  describe: (config) => ({
    project_id: config.project_id,
    log_name: fullLogName(config.project_id, config.log_name),
    ...(config.resource_type !== undefined && { resource_type: config.resource_type }),
    ...(config.filter !== undefined && { filter: config.filter }),
  }),
  open: (config) => openSource(config),
};
