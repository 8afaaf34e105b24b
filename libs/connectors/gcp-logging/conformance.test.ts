import { generateKeyPairSync } from 'node:crypto';
import { startSimulator } from '@tailrace/cloud-simulator/start.ts';
import { trustInThisThread } from '@tailrace/cloud-simulator/wire/certificate.ts';
import type { CloudFeatures, CloudUnderTest } from '@tailrace/ingestion/conformance/cloud-under-test.ts';
import { connectorConformance } from '@tailrace/ingestion/conformance.ts';
import { connector } from '@tailrace/ingestion/contract/configure.ts';
import { vi } from 'vitest';
import { gcpLogging } from './gcp-logging.ts';

// gRPC reads this once, when it is loaded, and trusts nothing else then; a machine behind a proxy may have it set.
vi.hoisted(() => {
  delete process.env.GRPC_DEFAULT_SSL_ROOTS_FILE_PATH;
});

/** As good as any key, but nobody's. */
const deletedKey = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
}).privateKey;

const faults: CloudFeatures['faults'] = [
  'throttle',
  'server-error',
  'connection-reset',
  'hang',
  'expired-credentials',
  'access-denied',
  'empty-page',
  'short-page',
  'duplicate',
  'expired-page-token',
];

/** Cloud Logging as the simulator stands in for it, read through Google's generated client over gRPC. */
async function simulatedGcp(tail: boolean): Promise<CloudUnderTest> {
  const simulator = await startSimulator({ clouds: ['gcp'] });
  trustInThisThread(simulator.certificate.ca);
  const { gcp } = simulator;
  const { active } = gcp.serviceAccounts;
  const config = {
    project_id: gcp.projectId,
    log_name: 'stdout',
    filter: 'severity>=INFO OR severity=DEFAULT -- all of them',
    credentials_json: active,
    endpoint: `http://${gcp.endpoint}`,
    tail,
  };
  const { denied } = gcp.serviceAccounts;
  const cutKey = active.private_key.slice(0, 200);
  const tls = { ...config, endpoint: `https://${gcp.tlsEndpoint}` };
  const withKey = (key: object) => ({ ...tls, credentials_json: { ...active, ...key } });
  return {
    connector: connector(gcpLogging),
    config,
    badConfigs: [
      {
        name: 'a forbidden project',
        config: { ...config, project_id: gcp.deniedProjectId },
        failure: 'permission_denied',
      },
      { name: 'an unknown project', config: { ...config, project_id: 'no-such-project' }, failure: 'not_found' },
      {
        name: 'a filter that is none',
        config: { ...config, filter: 'severity >= >= INFO' },
        failure: 'invalid_config',
      },
      { name: 'a filter that breaks out', config: { ...config, filter: 'a) OR (b' }, failure: 'invalid_config' },
      { name: 'half a key', config: withKey({ private_key: cutKey }), failure: 'invalid_config' },
      { name: 'a deleted key', config: withKey({ private_key: deletedKey }), failure: 'auth_refused' },
      { name: 'no role', config: { ...tls, credentials_json: denied }, failure: 'permission_denied' },
      { name: 'nobody there', config: { ...config, endpoint: 'http://127.0.0.1:9' }, failure: 'unreachable' },
    ],
    secrets: [active.private_key, cutKey, deletedKey],
    emit: (events) =>
      void simulator.emit(
        events.map(({ text, ...times }) => ({
          cloud: 'gcp',
          entry: { textPayload: text, severity: 'INFO' },
          ...times,
        })),
      ),
    inject: ({ kind, ...fault }) =>
      void simulator.inject({
        cloud: 'gcp',
        kind,
        ...(kind === 'stream-cut' || kind === 'suppress' ? {} : { operation: 'ListLogEntries' }),
        ...(kind === 'short-page' && { size: 1 }),
        ...fault,
      }),
    clearFaults: () => simulator.clearFaults(),
    readRequests: () =>
      simulator.requests.latest.filter(({ operation }) => operation === 'ListLogEntries').map(({ at }) => at),
    stop: () => simulator.stop(),
  };
}

connectorConformance('Google Cloud Logging, sweeps alone', { faults, tail: false }, () => simulatedGcp(false));
connectorConformance(
  'Google Cloud Logging, with its tail',
  { faults: [...faults, 'stream-cut', 'suppress'], tail: true },
  () => simulatedGcp(true),
);
