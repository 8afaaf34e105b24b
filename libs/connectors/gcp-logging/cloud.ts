import { connector } from '@tailrace/ingestion/contract/configure.ts';
import { gcpEvents } from '@tailrace/normalise/providers/gcp.ts';
import type { Cloud } from '../cloud.ts';

export const gcp: Cloud = {
  events: gcpEvents,
  connector: async () => connector((await import('./gcp-logging.ts')).gcpLogging),
};
