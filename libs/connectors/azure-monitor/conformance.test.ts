import { startSimulator } from '@tailrace/cloud-simulator/start.ts';
import { trustInThisThread } from '@tailrace/cloud-simulator/wire/certificate.ts';
import type { CloudFeatures, CloudUnderTest } from '@tailrace/ingestion/conformance/cloud-under-test.ts';
import { connectorConformance } from '@tailrace/ingestion/conformance.ts';
import { connector } from '@tailrace/ingestion/contract/configure.ts';
import { azureMonitor } from './azure-monitor.ts';

const features: CloudFeatures = {
  faults: [
    'throttle',
    'server-error',
    'connection-reset',
    'hang',
    'truncate',
    'expired-credentials',
    'access-denied',
    'duplicate',
    'partial-error',
  ],
  tail: false,
};

const nobody = '00000000-0000-4000-8000-000000000009';

/** Entra ID and Log Analytics as the simulator stands in for them, read through Azure's SDKs over TLS. */
async function simulatedAzure(): Promise<CloudUnderTest> {
  const simulator = await startSimulator({ clouds: ['azure'] });
  trustInThisThread(simulator.certificate.ca);
  const { azure } = simulator;
  const { active, denied, expired } = azure.clients;
  const clientOf = (client: typeof active) => ({ client_id: client.clientId, client_secret: client.clientSecret });
  const config = {
    ...clientOf(active),
    workspace_id: azure.workspaceId,
    tenant_id: azure.tenantId,
    query: 'AppTraces | where Message has "event" // each of them',
    endpoint: azure.endpoint,
    authority_host: azure.authorityHost,
  };
  const wrongSecret = 'a-secret-that-belongs-to-nobody';
  const unreadable = { ...config, query: 'AppTraces | where NoSuchColumn == 1' };
  return {
    connector: connector(azureMonitor),
    config,
    badConfigs: [
      { name: 'a wrong secret', config: { ...config, client_secret: wrongSecret }, failure: 'auth_refused' },
      { name: 'an expired secret', config: { ...config, ...clientOf(expired) }, failure: 'auth_refused' },
      { name: 'an unknown client', config: { ...config, client_id: nobody }, failure: 'auth_refused' },
      { name: 'an unknown tenant', config: { ...config, tenant_id: nobody }, failure: 'auth_refused' },
      { name: 'a client without permission', config: { ...config, ...clientOf(denied) }, failure: 'permission_denied' },
      { name: 'an unknown workspace', config: { ...config, workspace_id: nobody }, failure: 'not_found' },
      { name: 'an unknown table', config: { ...config, query: 'NoSuchTable' }, failure: 'invalid_config' },
      { name: 'an unknown column', config: unreadable, failure: 'invalid_config' },
      { name: 'several statements', config: { ...config, query: 'AppTraces; AppRequests' }, failure: 'invalid_config' },
      { name: 'nobody there', config: { ...config, endpoint: 'https://127.0.0.1:9/v1' }, failure: 'unreachable' },
      { name: 'no Entra there', config: { ...config, authority_host: 'https://127.0.0.1:9' }, failure: 'unreachable' },
    ],
    secrets: [active.clientSecret, wrongSecret],
    emit: (events) =>
      void simulator.emit(events.map(({ text, ...times }) => ({ cloud: 'azure', row: { Message: text }, ...times }))),
    inject: (fault) => void simulator.inject({ cloud: 'azure', operation: 'query', ...fault }),
    clearFaults: () => simulator.clearFaults(),
    readRequests: () => simulator.requests.latest.filter(({ operation }) => operation === 'query').map(({ at }) => at),
    stop: () => simulator.stop(),
  };
}

connectorConformance('Azure Monitor Logs', features, simulatedAzure);
