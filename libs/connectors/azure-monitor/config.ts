import { required } from '@tailrace/config/required.ts';
import { connectionSettings } from '@tailrace/ingestion/contract/settings.ts';
import { type output, z } from 'zod';
import { parsePipeline } from './kql-pipeline.ts';

/** What one answer of Log Analytics may hold (https://learn.microsoft.com/azure/azure-monitor/service-limits). */
export const maxRows = 500_000;

const guidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const text = () => z.string({ error: required('must be text') });
const guid = (name: string) => text().regex(guidPattern, `must be the ${name}: a GUID`);
const httpsUrl = z.url({ protocol: /^https$/, error: 'must be an https URL' });

/** What an Azure Monitor Logs connection is configured with. */
export const azureConfig = z.strictObject({
  ...connectionSettings({
    pollIntervalMs: { min: 1000, max: 3_600_000, default: 5000 },
    batchSize: { min: 1, max: maxRows, default: 10_000 },
  }),
  workspace_id: guid('workspace id').describe('Log Analytics workspace id.'),
  tenant_id: guid('tenant id').describe('Directory (tenant) id.'),
  client_id: guid('client id').describe('Application (client) id of the app registration.'),
  client_secret: text()
    .regex(/^[\x21-\x7e]+$/, 'must be visible ASCII characters without spaces or line ends')
    .max(1024, 'must be at most 1024 characters')
    .refine((value) => !guidPattern.test(value), "looks like the secret's id: give its value, which Azure shows once")
    .describe('Its client secret.'),
  query: text()
    .max(10_000, { error: 'must be at most 10000 characters', abort: true })
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
