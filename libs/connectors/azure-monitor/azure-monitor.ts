import type { ConnectorDefinition } from '@tailrace/ingestion/contract/connector.ts';
import { connectionSettingUses } from '@tailrace/ingestion/contract/settings.ts';
import { azureConfig } from './config.ts';
import { parsePipeline } from './kql-pipeline.ts';
import { openSource } from './source.ts';

/**
 * Azure Monitor Logs. Events are found by the time of their ingestion, which is approximate and not in order: each sweep
 * looks back over the visibility bound.
 */
export const azureMonitor: ConnectorDefinition<typeof azureConfig> = {
  provider: 'azure',
  title: 'Azure Monitor Logs',
  sourceFields: ['query'],
  configSchema: azureConfig,
  fields: {
    ...connectionSettingUses,
    workspace_id: 'setting',
    // Another tenant is another path at the same authority.
    tenant_id: 'setting',
    client_id: 'setting',
    client_secret: 'secret',
    query: 'setting',
    // What the secret is exchanged for goes here.
    endpoint: { addressOf: ['client_secret'] },
    authority_host: { addressOf: ['client_secret'] },
  },
  axis: 'ingestion',
  tiers: (config) => [{ lookbackMs: config.visibility_bound_ms, everyMs: config.poll_interval_ms }],
  // For each Entra user: https://learn.microsoft.com/azure/azure-monitor/service-limits#user-query-throttling
  quota: (config) => ({
    key: `azure/${config.tenant_id}/${config.client_id}`.toLowerCase(),
    requests: 200,
    perMs: 30_000,
    concurrency: 5,
  }),
  describe: ({ workspace_id, query }) => {
    const pipeline = parsePipeline(query);
    return { workspace_id, ...('table' in pipeline && { table: pipeline.table }), query };
  },
  open: (config) => openSource(config),
};
