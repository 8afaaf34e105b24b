import { connectors } from '@tailrace/connectors/registry.ts';
import { endpointAllowlist } from '@tailrace/ingestion/contract/endpoint-allowlist.ts';
import { describe, expect, it } from 'vitest';
import { acceptConfig } from './connection-config.ts';

const aws = connectors.get('aws')!;
const place = { region: 'eu-west-1', log_group: 'g' };
const keys = { access_key_id: 'AKIAIOSFODNN7EXAMPLE', secret_access_key: 'a-secret-access-key' };
const policy = (hostCredentials: boolean) => ({ allowlist: endpointAllowlist(['127.0.0.1:4566']), hostCredentials });

describe('a configuration without credentials of its own', () => {
  it('is refused where the operator does not lend the host’s', () => {
    expect(() => acceptConfig(aws, place, {}, policy(false))).toThrow(
      expect.objectContaining({ status: 422, message: expect.stringContaining('CLOUD_HOST_CREDENTIALS=true') }),
    );
    const role = { ...place, role_arn: 'arn:aws:iam::123456789012:role/reader' };
    expect(() => acceptConfig(aws, role, {}, policy(false))).toThrow('holds no credentials');
    expect(() =>
      acceptConfig(aws, { ...place, access_key_id: null, secret_access_key: null }, keys, policy(false)),
    ).toThrow();
  });

  it('is taken where the operator does', () => {
    expect(acceptConfig(aws, place, {}, policy(true)).configured.usesHostIdentity).toBe(true);
  });

  it('has them, when its stored secret is kept', () => {
    const { access_key_id, ...stored } = keys;
    const accepted = acceptConfig(aws, { ...place, access_key_id }, stored, policy(false));
    expect(accepted).toMatchObject({ settings: { ...place, access_key_id }, secrets: stored });
  });
});

it('a connection goes to another endpoint only where the operator allows it', () => {
  const to = (endpoint: string) => acceptConfig(aws, { ...place, ...keys, endpoint }, {}, policy(false));
  expect(() => to('http://169.254.169.254/')).toThrow('is not in CLOUD_ENDPOINT_ALLOWLIST');
  expect(() => to('http://user:password@127.0.0.1:4566')).toThrow('endpoint');
  expect(to('http://127.0.0.1:4566').settings).toMatchObject({ endpoint: 'http://127.0.0.1:4566' });
});
