import type { ConnectorDefinition } from '@tailrace/connector/connector.ts';
import { azureConfig } from './config.ts';
import { parsePipeline } from './kql-pipeline.ts';
import { openSource } from './source.ts';

const minute = 60_000;
const hour = 60 * minute;

/**
 * Azure Monitor Logs. Events are found by the time of their ingestion, which is approximate and not in order: ranges
 * overlap by five minutes at least, and longer ones look back from time to time.
 */
export const azureMonitor: ConnectorDefinition<typeof azureConfig> = {
  provider: 'azure',
  configSchema: azureConfig,
  secretFields: ['client_secret'],
  endpointFields: ['endpoint', 'authority_host'],
  axis: 'ingestion',
  tiers: (config) => [
    { lookbackMs: 5 * minute, everyMs: config.poll_interval_ms },
    { lookbackMs: hour, everyMs: 10 * minute },
    { lookbackMs: 24 * hour, everyMs: 6 * hour },
  ],
  // 200 requests in 30 s and 5 at once for each Entra user.
  quota: (config) => ({
    key: `azure/${config.tenant_id}/${config.client_id}`,
    requests: 200,
    perMs: 30_000,
    concurrency: Math.min(5, config.concurrency),
  }),
  describe: ({ workspace_id, query }) => {
    const pipeline = parsePipeline(query);
    return { workspace_id, ...('table' in pipeline && { table: pipeline.table }), query };
  },
  open: (config) => openSource(config),
};
