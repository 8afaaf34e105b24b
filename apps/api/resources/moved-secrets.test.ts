import { generateKeyPairSync } from 'node:crypto';
import { channelKinds } from '@tailrace/channels/registry.ts';
import { connectors } from '@tailrace/connectors/registry.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startTestApi, type TestApi } from '../test-api.ts';

const guid = (digit: number) => `${String(digit).repeat(8)}-0000-4000-8000-000000000000`;
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const keyFile = {
  type: 'service_account',
  client_email: 'reader@demo-project.iam.gserviceaccount.com',
  private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
};

type Config = Readonly<Record<string, unknown>>;

interface Case {
  readonly settings: Config;
  readonly secrets: Config;
  /** Another value for each field that decides where secrets go, and which have to be given again for it. */
  readonly moves: Readonly<Record<string, readonly [value: unknown, secrets: readonly string[]]>>;
}

const connectionCases: Readonly<Record<string, Case>> = {
  aws: {
    settings: { region: 'eu-west-1', log_group: '/g', access_key_id: 'AKIAIOSFODNN7EXAMPLE' },
    secrets: { secret_access_key: 'kept-secret-key', session_token: 'kept-token' },
    moves: { endpoint: ['http://stand-in.example:4566', ['secret_access_key', 'session_token']] },
  },
  azure: {
    settings: { workspace_id: guid(1), tenant_id: guid(2), client_id: guid(3), query: 'AppTraces' },
    secrets: { client_secret: 'kept-client-secret' },
    moves: {
      endpoint: ['https://stand-in.example:4566/v1', ['client_secret']],
      authority_host: ['https://stand-in.example:4566', ['client_secret']],
    },
  },
  gcp: {
    settings: { project_id: 'demo-project', log_name: 'stdout' },
    secrets: { credentials_json: keyFile },
    moves: { endpoint: ['https://stand-in.example:4566', ['credentials_json']] },
  },
};

const channelCases: readonly (readonly [name: string, type: string, each: Case])[] = [
  [
    'webhook',
    'webhook',
    {
      settings: {},
      secrets: {
        url: 'https://hooks.example/T0KEN',
        signing_secret: 'kept-signing-secret',
        bearer_token: 'kept-token',
      },
      moves: { url: ['https://evil.example/', ['signing_secret', 'bearer_token']] },
    },
  ],
  ['slack', 'slack', { settings: {}, secrets: { webhook_url: 'https://hooks.example/T/B/x' }, moves: {} }],
  [
    'jira',
    'jira',
    {
      settings: { url: 'https://shop.example', email: 'ops@example.com', project_key: 'OPS' },
      secrets: { api_token: 'kept-token' },
      moves: { url: ['https://evil.example', ['api_token']] },
    },
  ],
  [
    'e-mail by SMTP',
    'email',
    {
      settings: { from: 'a@example.com', to: ['b@example.com'], smtp_host: 'mail.example', smtp_user: 'a' },
      secrets: { smtp_password: 'kept-password' },
      moves: {
        smtp_host: ['evil.example', ['smtp_password']],
        smtp_port: [2525, ['smtp_password']],
        smtp_tls: ['none', ['smtp_password']],
      },
    },
  ],
  [
    'e-mail by SendGrid',
    'email',
    {
      settings: { from: 'a@example.com', to: ['b@example.com'], provider: 'sendgrid' },
      secrets: { sendgrid_api_key: 'kept-key' },
      moves: { sendgrid_endpoint: ['https://evil.example', ['sendgrid_api_key']] },
    },
  ],
  [
    'e-mail by SES',
    'email',
    {
      settings: {
        from: 'a@example.com',
        to: ['b@example.com'],
        provider: 'ses',
        ses_region: 'eu-west-1',
        ses_access_key_id: 'AKIAIOSFODNN7EXAMPLE',
      },
      secrets: { ses_secret_access_key: 'kept-key' },
      moves: { ses_endpoint: ['https://evil.example', ['ses_secret_access_key']] },
    },
  ],
];

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ connectors, allowedEndpoints: ['stand-in.example:4566'] });
});
afterAll(() => api.close());

let created = 0;
async function create(path: '/connections' | '/channels', kind: object, config: Config): Promise<string> {
  const name = `number ${++created}`;
  const body =
    path === '/connections'
      ? { project_id: 'demo', connection_name: name, connection_config: config, ...kind }
      : { project_id: 'demo', channel_name: name, channel_config: config, ...kind };
  const answer = await api.call(path, { method: 'POST', body });
  expect(answer.body).toMatchObject({ id: expect.any(String) });
  return answer.body.id;
}

/** Changes one field at a time, leaving the secrets out, then giving them. */
async function moveEach(path: '/connections' | '/channels', kind: object, { settings, secrets, moves }: Case) {
  const field = path === '/connections' ? 'connection_config' : 'channel_config';
  const id = await create(path, kind, { ...settings, ...secrets });
  const put = (config: Config) => api.call(`${path}/${id}`, { method: 'PUT', body: { [field]: config } });
  for (const [address, [value, asked]] of Object.entries(moves)) {
    const { status, body, text } = await put({ ...settings, [address]: value });
    expect([status, body.errors], address).toEqual([
      422,
      asked.map((secret) => ({
        field: `body.${field}.${secret}`,
        message: expect.stringMatching(new RegExp(`^must be given again, because ${address} `)),
      })),
    ]);
    expect(text).not.toContain('kept-');
    const kept = Object.keys(secrets).filter((secret) => !asked.includes(secret) && secret !== address);
    const given = Object.fromEntries(Object.entries(secrets).filter(([secret]) => asked.includes(secret)));
    const again = await put({ ...settings, [address]: value, ...given });
    expect([again.status, again.text], address).toEqual([200, expect.any(String)]);
    expect(again.body.secrets_set).toEqual(expect.arrayContaining([...kept, ...asked]));
    // And back, where leaving the field out is a change as well.
    if (!(address in secrets)) expect((await put(settings)).body.errors, address).toHaveLength(asked.length);
    expect((await put({ ...settings, ...secrets })).status).toBe(200);
  }
  expect((await put(settings)).body.secrets_set.sort()).toEqual(Object.keys(secrets).sort());
}

describe('a stored secret is not kept for another address', () => {
  it.each(Object.entries(connectionCases))('of a connection to %s', async (provider, each) => {
    await moveEach('/connections', { cloud_provider: provider }, each);
  });

  it.each(channelCases)('of a channel: %s', async (_, type, each) => {
    await moveEach('/channels', { channel_type: type }, each);
  });
});

/** Names by which a field of a configuration would be an address. */
const addressName = /(^|_)(url|uri|host|port|tls|endpoint|authority|server|proxy)(_|$)/;

describe('every kind says which of its fields decide where its secrets go', () => {
  const kinds = [
    ...[...connectors].map(([provider, kind]) => ({
      name: provider as string,
      kind,
      cases: [connectionCases[provider]],
    })),
    ...[...channelKinds].map(([name, kind]) => ({
      name,
      kind,
      cases: channelCases.filter(([, type]) => type === name).map(([, , each]) => each),
    })),
  ];

  it.each(kinds)('$name: each such field is tried above', ({ kind, cases }) => {
    const declared = new Set(Object.values(kind.secretAddresses).flat());
    expect(cases.flatMap((each) => Object.keys(each?.moves ?? {})).sort()).toEqual([...declared].sort());
  });

  it.each(kinds)('$name: each field that takes a URL, or is named like an address, is one', ({ kind }) => {
    const declared = new Set(Object.values(kind.secretAddresses).flat());
    for (const [field, type] of Object.entries(kind.configSchema.shape)) {
      const takes = (value: string) => z.safeParse(type, value).success;
      const isAddress = addressName.test(field) || (takes('https://a.example') && !takes('word'));
      if (isAddress && !kind.secretFields.includes(field)) expect(declared, field).toContain(field);
    }
  });
});

describe('secrets that are kept', () => {
  const mail = { from: 'a@example.com', to: ['b@example.com'] };
  const smtp = { ...mail, smtp_host: 'mail.example', smtp_user: 'a', smtp_password: 'kept-password' };

  it('stay when a default is named, or another setting changes', async () => {
    const id = await create('/channels', { channel_type: 'email' }, smtp);
    const { smtp_password, ...settings } = smtp;
    const config = { ...settings, smtp_port: 587, to: ['c@example.com'] };
    const { status, body } = await api.call(`/channels/${id}`, { method: 'PUT', body: { channel_config: config } });
    expect([status, body.secrets_set]).toEqual([200, ['smtp_password']]);
  });

  it('are forgotten when the new configuration sends them nowhere and their address goes', async () => {
    const id = await create('/channels', { channel_type: 'email' }, smtp);
    const config = { ...mail, provider: 'sendgrid', sendgrid_api_key: 'SG.x' };
    const { status, body } = await api.call(`/channels/${id}`, { method: 'PUT', body: { channel_config: config } });
    expect([status, body.secrets_set]).toEqual([200, ['sendgrid_api_key']]);
  });

  it('can be given up with the address: null removes one that is not required', async () => {
    const url = 'https://hooks.example/a';
    const id = await create('/channels', { channel_type: 'webhook' }, { url, bearer_token: 'kept-token' });
    const config = { url: 'https://hooks.example/b', bearer_token: null };
    const { status, body } = await api.call(`/channels/${id}`, { method: 'PUT', body: { channel_config: config } });
    expect([status, body.secrets_set]).toEqual([200, ['url']]);
  });
});
