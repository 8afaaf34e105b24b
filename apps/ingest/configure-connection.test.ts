import { Secret } from '@tailrace/config/secret.ts';
import { connectors } from '@tailrace/connectors/registry.ts';
import { openKeyRing } from '@tailrace/credentials/key-ring.ts';
import { sealCredentials } from '@tailrace/credentials/sealed-credentials.ts';
import { endpointAllowlist } from '@tailrace/ingestion/contract/endpoint-allowlist.ts';
import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import { expect, test } from 'vitest';
import { configureConnection } from './configure-connection.ts';

const keys = openKeyRing(new Secret(Buffer.alloc(32, 1).toString('base64url')));
const config = { region: 'eu-west-1', log_group: 'g', access_key_id: 'AKIAIOSFODNN7EXAMPLE' };

test.each([
  [
    'that the operator has taken off the list',
    ['other.example:443'],
    /^endpoint: stand-in.example:4566 is not in CLOUD_ENDPOINT_ALLOWLIST/,
  ],
  ['that the operator allows', ['stand-in.example:4566'], undefined],
])('credentials go to an endpoint %s only if it is still on it', async (_, hosts, refusal) => {
  const configure = configureConnection({
    connectors,
    defaults: {},
    keys,
    allowlist: endpointAllowlist(hosts),
    hostCredentials: false,
  });
  const connection: Connection = {
    id: 'conn_1',
    project_id: 'demo',
    name: 'Shop',
    provider: 'aws',
    config: JSON.stringify({ ...config, endpoint: 'http://stand-in.example:4566' }),
    sealed_credentials: await sealCredentials(keys, 'conn_1', { secret_access_key: 'a-secret-access-key' }),
    desired_state: 'running',
    rewind: null,
    parsing: null,
    version: 1,
    created_at: 0,
    updated_at: 0,
  };
  const configured = await configure(connection);
  if (refusal === undefined) expect(configured).toMatchObject({ connector: { axis: 'event' } });
  else
    expect(configured).toMatchObject({ state: 'invalid_config', error: { message: expect.stringMatching(refusal) } });
});
