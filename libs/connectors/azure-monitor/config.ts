import { connectionSettings } from '@tailrace/connector/settings.ts';
import { type output, z } from 'zod';
import { parsePipeline } from './kql-pipeline.ts';

const guid = (name: string) =>
  z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, `must be the ${name}: a GUID`);
const httpsUrl = z.url({ protocol: /^https$/, error: 'must be an https URL' });

/** What an Azure Monitor Logs connection is configured with. */
export const azureConfig = z.strictObject({
  ...connectionSettings({
    pollIntervalMs: { min: 1000, max: 3_600_000, default: 5000 },
    batchSize: { min: 1, max: 500_000, default: 500_000 },
  }),
  workspace_id: guid('workspace id').describe('Log Analytics workspace id.'),
  tenant_id: guid('tenant id').describe('Directory (tenant) id.'),
  client_id: guid('client id').describe('Application (client) id of the app registration.'),
  client_secret: z.string().min(1).max(1024).describe('Its client secret.'),
  query: z
    .string()
    .min(1)
    .max(10_000)
    .superRefine((query, context) => {
      const parsed = parsePipeline(query);
      if ('problem' in parsed) context.addIssue({ code: 'custom', message: parsed.problem });
    })
    .describe(
      'KQL: a table, and operators that keep its rows one by one, such as `AppTraces | where SeverityLevel > 1`.',
    ),
  endpoint: httpsUrl.optional().describe('Another query endpoint, with its version path, of an allowed host.'),
  authority_host: httpsUrl.optional().describe('Another Entra ID authority, of an allowed host.'),
});

export type AzureConfig = output<typeof azureConfig>;
