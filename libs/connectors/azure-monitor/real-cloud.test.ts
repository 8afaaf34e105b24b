import { describeRealCloud } from '@tailrace/ingestion/conformance/real-cloud.ts';
import { connector } from '@tailrace/ingestion/contract/configure.ts';
import { azureMonitor } from './azure-monitor.ts';

/**
 * Reads a table of a real Log Analytics workspace; nothing is written to it. The environment must have
 * - `AZURE_TEST_TENANT_ID`, `AZURE_TEST_CLIENT_ID`, `AZURE_TEST_CLIENT_SECRET`: an app registration with the role Log
 *   Analytics Reader on the workspace,
 * - `AZURE_TEST_WORKSPACE_ID`: the workspace's GUID,
 * - `AZURE_TEST_QUERY`: what to read, such as `AppTraces` or `Heartbeat | where OSType == "Linux"`.
 */
describeRealCloud({
  name: 'Azure Monitor Logs',
  connector: connector(azureMonitor),
  variables: {
    tenant_id: 'AZURE_TEST_TENANT_ID',
    client_id: 'AZURE_TEST_CLIENT_ID',
    client_secret: 'AZURE_TEST_CLIENT_SECRET',
    workspace_id: 'AZURE_TEST_WORKSPACE_ID',
    query: 'AZURE_TEST_QUERY',
  },
  wrong: [
    { change: { client_secret: 'a-secret-that-belongs-to-nobody' }, failure: 'auth_refused' },
    { change: { query: 'TailraceNoSuchTable' }, failure: 'invalid_config' },
  ],
});
