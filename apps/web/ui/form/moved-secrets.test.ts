import { channelKinds } from '@tailrace/channels/registry.ts';
import { connectors } from '@tailrace/connectors/registry.ts';
import { expect, test } from 'vitest';
import { type ZodObject, z } from 'zod';
import { movedSecrets } from './moved-secrets.ts';

interface Kind {
  readonly configSchema: ZodObject;
  readonly secretFields: readonly string[];
  readonly secretAddresses: Readonly<Record<string, readonly string[]>>;
}

const described = (kind: Kind | undefined) => {
  if (!kind) throw new Error('no such kind');
  return {
    config_schema: { ...z.toJSONSchema(kind.configSchema, { io: 'input', unrepresentable: 'any' }) },
    secret_fields: kind.secretFields,
    secret_addresses: kind.secretAddresses,
  };
};

const aws = described(connectors.get('aws'));
const stored = {
  region: 'eu-west-1',
  log_group: '/ecs/shop',
  access_key_id: 'AKIA',
  endpoint: 'https://logs.example',
};
const secrets = ['secret_access_key'];

test('a changed address asks for the stored secret that goes there, and names the field', () => {
  expect(movedSecrets(aws, secrets, stored, { ...stored, endpoint: 'https://other.example' })).toEqual(
    new Map([['secret_access_key', 'endpoint']]),
  );
  expect(movedSecrets(aws, secrets, stored, { ...stored, endpoint: '' })).toEqual(
    new Map([['secret_access_key', 'endpoint']]),
  );
});

test('a change of another field, the same address, and a change taken back ask for no secret', () => {
  expect(movedSecrets(aws, secrets, stored, { ...stored, region: 'eu-central-1' }).size).toBe(0);
  expect(movedSecrets(aws, secrets, stored, { ...stored, endpoint: ` ${stored.endpoint} ` }).size).toBe(0);
});

test('a secret that is not stored is not asked for again', () => {
  expect(movedSecrets(aws, [], stored, { ...stored, endpoint: 'https://other.example' }).size).toBe(0);
});

test('a default that is written down is no change of the address', () => {
  const email = described(channelKinds.get('email'));
  const config = { smtp_host: 'mail.example' };
  expect(movedSecrets(email, ['smtp_password'], config, { ...config, smtp_port: '587' }).size).toBe(0);
  expect(movedSecrets(email, ['smtp_password'], config, { ...config, smtp_port: '465' })).toEqual(
    new Map([['smtp_password', 'smtp_port']]),
  );
});

test('an address that is a secret itself has changed once something is written in it', () => {
  const webhook = described(channelKinds.get('webhook'));
  const names = ['url', 'signing_secret', 'bearer_token'];
  expect(movedSecrets(webhook, names, {}, { url: ' ' }).size).toBe(0);
  expect(movedSecrets(webhook, names, {}, { url: 'https://other.example/hook' })).toEqual(
    new Map([
      ['signing_secret', 'url'],
      ['bearer_token', 'url'],
    ]),
  );
});
