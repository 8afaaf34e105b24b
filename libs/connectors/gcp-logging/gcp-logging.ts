import type { ConnectorDefinition } from '@tailrace/ingestion/contract/connector.ts';
import { eventTiers } from '@tailrace/ingestion/contract/event-tiers.ts';
import { connectionSettingUses } from '@tailrace/ingestion/contract/settings.ts';
import { gcpConfig } from './config.ts';
import { fullLogName } from './log-name.ts';
import { openSource } from './source.ts';

/** Google Cloud Logging. Sweeps are rare, since a project may be asked about 60 times a minute: the tail brings the new. */
export const gcpLogging: ConnectorDefinition<typeof gcpConfig> = {
  provider: 'gcp',
  title: 'Google Cloud Logging',
  sourceFields: ['project_id', 'log_name'],
  configSchema: gcpConfig,
  fields: {
    ...connectionSettingUses,
    project_id: 'setting',
    log_name: 'setting',
    resource_type: 'setting',
    filter: 'setting',
    credentials_json: 'secret',
    tail: 'setting',
    endpoint: { addressOf: ['credentials_json'] },
  },
  axis: 'event',
  tiers: (config) => eventTiers(config.poll_interval_ms),
  quota: (config) => ({ key: `gcp/${config.project_id}`, requests: 60, perMs: 60_000 }),
  describe: (config) => ({
    project_id: config.project_id,
    log_name: fullLogName(config.project_id, config.log_name),
    ...(config.resource_type !== undefined && { resource_type: config.resource_type }),
    ...(config.filter !== undefined && { filter: config.filter }),
  }),
  open: (config) => openSource(config),
};
