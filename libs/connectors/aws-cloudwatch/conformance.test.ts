import { startSimulator } from '@tailrace/cloud-simulator/start.ts';
import type { CloudFeatures, CloudUnderTest } from '@tailrace/ingestion/conformance/cloud-under-test.ts';
import { connectorConformance } from '@tailrace/ingestion/conformance.ts';
import { connector } from '@tailrace/ingestion/contract/configure.ts';
import { awsCloudWatch } from './aws-cloudwatch.ts';

const features: CloudFeatures = {
  faults: [
    'throttle',
    'server-error',
    'connection-reset',
    'hang',
    'truncate',
    'expired-credentials',
    'access-denied',
    'empty-page',
    'short-page',
    'duplicate',
    'expired-page-token',
  ],
  tail: false,
};

/** CloudWatch Logs as the simulator stands in for it, read through the AWS SDK. */
async function simulatedAws(): Promise<CloudUnderTest> {
  const simulator = await startSimulator({ clouds: ['aws'] });
  const { aws } = simulator;
  const { active, expired, denied } = aws.keys;
  const config = {
    access_key_id: active.accessKeyId,
    secret_access_key: active.secretAccessKey,
    region: aws.region,
    log_group: '/ecs/checkout',
    endpoint: aws.endpoint,
  };
  const wrongSecret = 'a-secret-that-belongs-to-nobody';
  const keyOf = (key: typeof active) => ({ access_key_id: key.accessKeyId, secret_access_key: key.secretAccessKey });
  return {
    connector: connector(awsCloudWatch),
    config,
    badConfigs: [
      { name: 'a wrong secret', config: { ...config, secret_access_key: wrongSecret }, failure: 'auth_refused' },
      { name: 'an unknown key', config: { ...config, access_key_id: 'AKIANOBODYKNOWSTHIS0' }, failure: 'auth_refused' },
      { name: 'an expired key', config: { ...config, ...keyOf(expired) }, failure: 'auth_refused' },
      { name: 'a key without permission', config: { ...config, ...keyOf(denied) }, failure: 'permission_denied' },
      { name: 'an unknown group', config: { ...config, log_group: '/no/such/group' }, failure: 'not_found' },
      { name: 'an unknown stream', config: { ...config, log_streams: ['nowhere'] }, failure: 'not_found' },
      { name: 'another region', config: { ...config, region: 'us-east-1' }, failure: 'not_found' },
      { name: 'no region at all', config: { ...config, region: 'moon' }, failure: 'invalid_config' },
      { name: 'nobody there', config: { ...config, endpoint: 'http://127.0.0.1:9' }, failure: 'unreachable' },
    ],
    secrets: [active.secretAccessKey, wrongSecret],
    emit: (events) =>
      void simulator.emit(
        events.map(({ text, ...times }) => ({ cloud: 'aws', message: `level=info ${text}`, ...times })),
      ),
    inject: ({ kind, ...fault }) =>
      void simulator.inject({ cloud: 'aws', kind, ...(kind === 'short-page' && { size: 1 }), ...fault }),
    clearFaults: () => simulator.clearFaults(),
    readRequests: () => simulator.requests.latest.map(({ at }) => at),
    stop: () => simulator.stop(),
  };
}

connectorConformance('AWS CloudWatch Logs', features, simulatedAws);
