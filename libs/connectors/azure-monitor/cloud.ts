import { connector } from '@tailrace/ingestion/contract/configure.ts';
import { azureEvents } from '@tailrace/normalise/providers/azure.ts';
import type { Cloud } from '../cloud.ts';

export const azure: Cloud = {
  events: azureEvents,
  connector: async () => connector((await import('./azure-monitor.ts')).azureMonitor),
};
