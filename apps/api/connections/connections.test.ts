import { Secret } from '@tailrace/config/secret.ts';
import { openKeyRing } from '@tailrace/credentials/key-ring.ts';
import { openCredentials } from '@tailrace/credentials/sealed-credentials.ts';
import { ConnectorError } from '@tailrace/ingestion/contract/connector-error.ts';
import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { newConnection, startTestApi, type TestApi, tokenFor } from '../test-api.ts';
import { type CloudAnswer, testConnector } from '../test-connector.ts';

const oldKey = Buffer.alloc(32, 1).toString('base64url');
const newKey = Buffer.alloc(32, 2).toString('base64url');

const opened: TestApi[] = [];
afterEach(async () => {
  for (const api of opened.splice(0)) await api.close();
});

async function start(options: Parameters<typeof startTestApi>[0] = {}): Promise<TestApi> {
  const api = await startTestApi(options);
  opened.push(api);
  return api;
}

async function create(api: TestApi, config: Record<string, unknown> = {}): Promise<string> {
  const { status, body } = await api.call('/connections', { method: 'POST', body: newConnection(config) });
  expect(status).toBe(201);
  return body.id;
}

function secretsOf(api: TestApi, id: string) {
  const sealed = api.connections.table.get(id)?.sealed_credentials;
  return sealed ? openCredentials(openKeyRing(new Secret(`${newKey},${oldKey}`)), id, sealed) : undefined;
}

describe('creating and reading', () => {
  it('creates a stopped connection and gives it back without its secrets', async () => {
    const api = await start();
    const created = await api.call('/connections', { method: 'POST', body: newConnection() });
    expect(created.status).toBe(201);
    expect(created.headers.get('etag')).toBe('"1"');
    expect(created.body).toMatchObject({
      id: expect.stringMatching(/^conn_[0-9a-f]{24}$/),
      project_id: 'demo',
      connection_name: 'Shop',
      cloud_provider: 'aws',
      connection_config: { region: 'eu-central-1', access_key_id: 'AKIA' },
      secrets_set: ['secret_access_key'],
      desired_state: 'stopped',
      status: null,
    });
    const read = await api.call(`/connections/${created.body.id}`);
    expect(read.body).toEqual(created.body);
    expect(created.headers.get('location')).toBe(`/api/v1/live-logs/connections/${created.body.id}`);
    expect((await api.call('/connections/demo')).body.connections).toEqual([created.body]);
  });

  it('lets no secret out: not in an answer, not to Kafka, not to the log', async () => {
    const api = await start();
    const id = await create(api);
    const answers = [
      await api.call(`/connections/${id}`),
      await api.call('/connections/demo'),
      await api.call(`/connections/${id}/stats`),
    ];
    const { sealed_credentials, ...rest } = api.connections.table.get(id)!;
    for (const text of [...answers.map((answer) => answer.text), JSON.stringify(rest), ...api.logLines])
      expect(text).not.toContain('hunter2');
    expect(sealed_credentials).not.toContain(Buffer.from('hunter2').toString('base64url').slice(0, 8));
    expect(await secretsOf(api, id)).toEqual({ secret_access_key: 'hunter2' });
  });

  it('stores the configuration as given, so that defaults stay the installation’s', async () => {
    const api = await start();
    const id = await create(api, { batch_size: 7, session_token: null });
    expect((await api.call(`/connections/${id}`)).body.connection_config).toEqual({
      region: 'eu-central-1',
      access_key_id: 'AKIA',
      batch_size: 7,
    });
  });

  it('names every wrong field, and a misspelt secret stays out', async () => {
    const api = await start();
    const { status, body, text } = await api.call('/connections', {
      method: 'POST',
      body: newConnection({ region: 'mars', batch_size: '7', poll_interval_ms: 1, secret_acces_key: 'hunter3' }),
    });
    expect(status).toBe(422);
    const fields = body.errors.map((each: { field: string }) => each.field);
    expect(fields.sort()).toEqual(
      ['batch_size', 'poll_interval_ms', 'region', 'secret_acces_key']
        .map((field) => `body.connection_config.${field}`)
        .sort(),
    );
    expect(text).not.toContain('hunter');
    expect((await api.call('/connections/demo')).body.connections).toEqual([]);
  });

  it.each([
    ['http://169.254.169.254/', 'is not in CLOUD_ENDPOINT_ALLOWLIST'],
    ['https://logs.internal', 'logs.internal:443 is not in'],
    ['http://user:pw@localhost:4566', 'without user and password'],
    ['file:///etc/passwd', 'must be a host'],
    ['http://localhost.evil.example:4566', 'is not in'],
    ['http://localhost:4567', 'is not in'],
  ])('refuses the endpoint %s', async (endpoint, message) => {
    const api = await start({ allowedEndpoints: ['localhost:4566'] });
    const { status, body } = await api.call('/connections', { method: 'POST', body: newConnection({ endpoint }) });
    expect(status).toBe(422);
    expect(body.detail).toContain(message);
  });

  it('accepts an endpoint that the operator allows', async () => {
    const api = await start({ allowedEndpoints: ['LocalHost:4566'] });
    await create(api, { endpoint: 'http://LOCALHOST:4566/path' });
  });

  it('limits the connections of a project, also of those that are created at once', async () => {
    const api = await start({ connectionsPerProject: 1 });
    const creating = Array.from({ length: 8 }, () =>
      api.call('/connections', { method: 'POST', body: newConnection() }),
    );
    expect((await Promise.all(creating)).filter(({ status }) => status === 201)).toHaveLength(1);
    const { status, body } = await api.call('/connections', { method: 'POST', body: newConnection() });
    expect(status).toBe(422);
    expect(body.detail).toContain('1 connections');
  });

  it('says that a provider is not installed', async () => {
    const api = await start();
    const { status, body } = await api.call('/connections', {
      method: 'POST',
      body: { ...newConnection(), cloud_provider: 'gcp' },
    });
    expect([status, body.detail]).toEqual([422, expect.stringContaining('no connector for gcp')]);
  });

  it('shows an ingest’s status and statistics', async () => {
    const api = await start();
    const id = await create(api);
    const producer = await api.kafka.producer();
    const partition = partitionFor(id, topics.connectionStatus.partitions);
    const value = topics.connectionStatus.codec.encode({ ...status, connection_id: id });
    await producer.send([{ topic: topics.connectionStatus.name, partition, key: Buffer.from(id), value }]);
    await api.statuses.until(id, (current) => current !== undefined, AbortSignal.timeout(20_000));
    expect((await api.call(`/connections/${id}`)).body.status).toMatchObject({
      state: 'auth_refused',
      last_error: { code: 'connector.auth_refused', message: 'The key was revoked.', retry_at: null },
      complete_up_to: '2026-01-01T00:00:00.000Z',
    });
    expect((await api.call(`/connections/${id}/stats`)).body).toMatchObject({
      connection_id: id,
      events: 12,
      lag_ms: 90,
      lateness_p95_ms: 800,
      lateness: [
        { up_to_ms: 500, events: 9 },
        { up_to_ms: null, events: 3 },
      ],
    });
  });
});

describe('changing', () => {
  it('keeps a secret that is left out, replaces one that is given, removes one that is null', async () => {
    const api = await start();
    const id = await create(api, { session_token: 'hunter3' });
    const put = (config: object) =>
      api.call(`/connections/${id}`, { method: 'PUT', body: { connection_config: config } });
    const edited = await put({ region: 'us-east-1', access_key_id: 'AKIA' });
    expect(edited.body).toMatchObject({
      version: 2,
      connection_config: { region: 'us-east-1' },
      connection_name: 'Shop',
    });
    expect(await secretsOf(api, id)).toEqual({ secret_access_key: 'hunter2', session_token: 'hunter3' });
    await put({ region: 'us-east-1', secret_access_key: 'hunter4', session_token: null });
    expect(await secretsOf(api, id)).toEqual({ secret_access_key: 'hunter4' });
    expect((await api.call(`/connections/${id}`)).body.secrets_set).toEqual(['secret_access_key']);
    await put({ region: 'us-east-1', secret_access_key: null });
    expect(api.connections.table.get(id)?.sealed_credentials).toBeNull();
  });

  it('counts a version only when something changed', async () => {
    const api = await start();
    const id = await create(api);
    const same = await api.call(`/connections/${id}`, { method: 'PUT', body: { connection_name: 'Shop' } });
    expect(same.headers.get('etag')).toBe('"1"');
  });

  it('holds a change to the version in If-Match', async () => {
    const api = await start();
    const id = await create(api);
    const put = (name: string, ifMatch: string) =>
      api.call(`/connections/${id}`, {
        method: 'PUT',
        body: { connection_name: name },
        headers: { 'if-match': ifMatch },
      });
    expect((await put('one', '"1"')).headers.get('etag')).toBe('"2"');
    const refused = await put('two', '"1"');
    expect([refused.status, refused.headers.get('etag')]).toEqual([412, '"2"']);
    expect((await put('two', 'W/"2"')).status).toBe(412);
    expect((await put('two', '"7", "2"')).status).toBe(200);
    expect((await put('three', '*')).status).toBe(200);
    expect((await api.call(`/connections/${id}`, { method: 'DELETE', headers: { 'if-match': '"1"' } })).status).toBe(
      412,
    );
  });

  it('lets exactly one of two processes change the same version', async () => {
    const broker = memoryBroker();
    const [one, two] = [await start({ broker }), await start({ broker })];
    const id = await create(one);
    await two.connections.table.until(id, (value) => value !== undefined, AbortSignal.timeout(20_000));
    for (let version = 1; version <= 10; version++) {
      const put = (api: TestApi, name: string) =>
        api.call(`/connections/${id}`, {
          method: 'PUT',
          body: { connection_name: `${name} ${version}` },
          headers: { 'if-match': `"${version}"` },
        });
      const answers = await Promise.all([put(one, 'one'), put(two, 'two'), put(one, 'uno'), put(two, 'due')]);
      expect(answers.map((answer) => answer.status).sort()).toEqual([200, 412, 412, 412]);
      const winner = answers.find((answer) => answer.status === 200)!.body;
      for (const api of [one, two]) {
        await api.connections.table.until(id, (value) => value?.version === version + 1, AbortSignal.timeout(20_000));
        expect((await api.call(`/connections/${id}`)).body).toEqual(winner);
      }
    }
  });

  it('does not move a connection to another project or provider', async () => {
    const api = await start();
    const id = await create(api);
    const put = (body: object) => api.call(`/connections/${id}`, { method: 'PUT', body });
    expect((await put({ project_id: 'demo', cloud_provider: 'aws', connection_name: 'x' })).status).toBe(200);
    expect((await put({ project_id: 'other' })).body.errors[0].field).toBe('body.project_id');
    expect((await put({ cloud_provider: 'gcp' })).body.errors[0].field).toBe('body.cloud_provider');
  });

  it('says when stored secrets cannot be opened, and takes new ones in their place', async () => {
    const broker = memoryBroker();
    const writing = await start({ broker, keys: openKeyRing(new Secret(newKey)) });
    const id = await create(writing);
    const api = await start({ broker, keys: openKeyRing(new Secret(oldKey)) });
    const kept = await api.call(`/connections/${id}`, {
      method: 'PUT',
      body: { connection_config: { region: 'us-east-1' } },
    });
    expect([kept.status, kept.body.code]).toEqual([409, 'credentials.unknown_key']);
    expect((await api.call(`/connections/${id}/test`, { method: 'POST' })).status).toBe(409);
    const given = { region: 'us-east-1', secret_access_key: 'hunter5' };
    expect((await api.call(`/connections/${id}`, { method: 'PUT', body: { connection_config: given } })).status).toBe(
      200,
    );
    expect(await secretsOf(api, id)).toEqual({ secret_access_key: 'hunter5' });
  });

  it('deletes by a tombstone, once', async () => {
    const api = await start();
    const id = await create(api);
    expect((await api.call(`/connections/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect(api.connections.table.get(id)).toBeUndefined();
    expect((await api.call(`/connections/${id}`, { method: 'DELETE' })).status).toBe(404);
    expect((await api.call('/connections/demo')).body.connections).toEqual([]);
  });

  it.each([
    ['start', 'running', 'Streaming started successfully'],
    ['pause', 'paused', 'Streaming paused successfully'],
    ['stop', 'stopped', 'Streaming stopped successfully'],
  ])('%ss, twice with the same outcome', async (action, state, message) => {
    const api = await start();
    const id = await create(api);
    const first = await api.call(`/connections/${id}/${action}`, { method: 'POST' });
    const second = await api.call(`/connections/${id}/${action}`, { method: 'POST' });
    expect([first.status, first.body, second.body]).toEqual([200, { message }, { message }]);
    expect(second.headers.get('etag')).toBe(first.headers.get('etag'));
    expect((await api.call(`/connections/${id}`)).body.desired_state).toBe(state);
  });
});

describe('rewinding', () => {
  async function running(api: TestApi): Promise<string> {
    const id = await create(api);
    await api.call(`/connections/${id}/start`, { method: 'POST' });
    return id;
  }
  const rewind = (api: TestApi, id: string, body: object) =>
    api.call(`/connections/${id}/rewind`, { method: 'POST', body });

  it('asks ingest for it through the connection, and shows how far it has come', async () => {
    const api = await start();
    const id = await running(api);
    const before = Date.now();
    const { status: code, body, headers } = await rewind(api, id, { to: '-6h', reason: 'a broken parser' });
    expect([code, headers.get('etag')]).toEqual([202, '"3"']);
    expect(body).toEqual({
      message: 'Rewind accepted',
      rewind_id: expect.stringMatching(/^rwd_[0-9a-f]{24}$/),
      to: expect.any(String),
    });
    expect(Math.abs(Date.parse(body.to) - (before - 6 * 3_600_000))).toBeLessThan(5000);
    expect(api.connections.table.get(id)).toMatchObject({
      version: 3,
      rewind: { id: body.rewind_id, to: Date.parse(body.to) * 1000 },
    });
    const shown = async () => (await api.call(`/connections/${id}`)).body.rewind;
    expect(await shown()).toMatchObject({
      rewind_id: body.rewind_id,
      reason: 'a broken parser',
      state: 'pending',
      position: null,
      events: 0,
    });
    const say = async (told: NonNullable<ConnectionStatus['rewind']>) => {
      const producer = await api.kafka.producer();
      const partition = partitionFor(id, topics.connectionStatus.partitions);
      const value = topics.connectionStatus.codec.encode({ ...status, connection_id: id, rewind: told });
      await producer.send([{ topic: topics.connectionStatus.name, partition, key: Buffer.from(id), value }]);
      const { position } = told;
      await api.statuses.until(id, (now) => now?.rewind?.position === position, AbortSignal.timeout(20_000));
    };
    await say({ id: 'rwd_of_before', position: micros, events: 3, finished_at: micros });
    expect(await shown()).toMatchObject({ state: 'pending', events: 0 });
    await say({ id: body.rewind_id, position: micros + 1000, events: 7, finished_at: null });
    expect(await shown()).toMatchObject({ state: 'running', events: 7, position: '2026-01-01T00:00:00.001Z' });
    await say({ id: body.rewind_id, position: micros + 2000, events: 9, finished_at: micros });
    expect(await shown()).toMatchObject({ state: 'finished', events: 9, finished_at: '2026-01-01T00:00:00.000Z' });
  });

  it('takes a second one in the place of the first, and keeps it through an edit', async () => {
    const api = await start();
    const id = await running(api);
    const first = await rewind(api, id, { to: '-2h' });
    const second = await rewind(api, id, { to: new Date(Date.now() - 60_000).toISOString() });
    expect(second.body.rewind_id).not.toBe(first.body.rewind_id);
    await api.call(`/connections/${id}`, { method: 'PUT', body: { connection_name: 'renamed' } });
    expect((await api.call(`/connections/${id}`)).body.rewind).toMatchObject({ rewind_id: second.body.rewind_id });
  });

  it.each([
    ['one to come', new Date(Date.now() + 3_600_000).toISOString(), 'must lie in the past'],
    ['now', '-0s', 'must lie in the past'],
    ['one too far back', '-31d', 'at most 30 days back'],
    ['one without a zone', '2026-01-01T00:00:00', 'must be a span before now'],
    ['a word', 'now', 'must be a span before now'],
  ])('refuses %s', async (_, to, message) => {
    const api = await start();
    const id = await running(api);
    const { status: code, body } = await rewind(api, id, { to });
    expect([code, body.errors[0].field, body.errors[0].message]).toEqual([
      422,
      'body.to',
      expect.stringContaining(message),
    ]);
    expect(api.connections.table.get(id)?.rewind).toBeNull();
  });

  it('of a connection that is not running is refused with 409, which says what to do', async () => {
    const api = await start();
    const id = await create(api);
    const { status: code, body } = await rewind(api, id, { to: '-1h' });
    expect([code, body.detail]).toEqual([409, 'The connection is stopped. Start it first.']);
  });

  it('holds to the version in If-Match', async () => {
    const api = await start();
    const id = await running(api);
    const headers = { 'if-match': '"1"' };
    const refused = await api.call(`/connections/${id}/rewind`, { method: 'POST', body: { to: '-1h' }, headers });
    expect(refused.status).toBe(412);
  });
});

describe('testing', () => {
  async function test(answer: CloudAnswer) {
    const asked: unknown[] = [];
    const api = await start({
      connector: testConnector((config) => {
        asked.push(config);
        return answer;
      }),
    });
    const id = await create(api);
    return { ...(await api.call(`/connections/${id}/test`, { method: 'POST' })), asked };
  }

  it('calls the cloud with the stored secrets', async () => {
    const { status, body, asked } = await test('ok');
    expect([status, body]).toEqual([200, { status: 'success', message: 'Connection test successful' }]);
    expect(asked).toEqual([
      expect.objectContaining({ region: 'eu-central-1', secret_access_key: 'hunter2', start_from: '-15m' }),
    ]);
  });

  it.each([
    ['auth_refused', 422],
    ['permission_denied', 422],
    ['not_found', 422],
    ['invalid_config', 422],
    ['throttled', 503],
    ['unreachable', 502],
  ] as const)('says what is wrong: %s', async (failure, expected) => {
    const { status, body, headers } = await test(
      new ConnectorError(failure, 'The cloud said no.', { help: 'Ask again.', retryAfterMs: 1500 }),
    );
    expect(status).toBe(expected);
    expect(body).toMatchObject({ code: `connector.${failure}`, detail: 'The cloud said no. Ask again.' });
    expect(headers.get('retry-after')).toBe('2');
  });

  it('does not wait for ever', async () => {
    expect(await test('silent')).toMatchObject({ status: 504, body: { detail: 'The cloud did not answer in time.' } });
  });
});

describe('rotating the key', () => {
  it('seals again, with the newest key, what an older key sealed in the caller’s projects, and leaves the version alone', async () => {
    const broker = memoryBroker();
    const before = await start({ broker, keys: openKeyRing(new Secret(oldKey)) });
    const id = await create(before);
    const other = await before.call('/connections', {
      method: 'POST',
      body: newConnection({}, 'other'),
      token: await tokenFor('editor', ['other']),
    });
    const after = await start({ broker, keys: openKeyRing(new Secret(`${newKey},${oldKey}`)) });
    const rotate = async () =>
      (await after.call('/credentials/rotate', { method: 'POST', token: await tokenFor('admin') })).body;
    expect(await rotate()).toEqual({ resealed: 1, unchanged: 0, failed: [] });
    expect(await rotate()).toEqual({ resealed: 0, unchanged: 1, failed: [] });
    const resealed = after.connections.table.get(id)!;
    expect(resealed.version).toBe(1);
    const newest = openKeyRing(new Secret(newKey));
    expect(await openCredentials(newest, id, resealed.sealed_credentials!)).toEqual({ secret_access_key: 'hunter2' });
    const otherSealed = after.connections.table.get(other.body.id)!.sealed_credentials!;
    await expect(openCredentials(newest, other.body.id, otherSealed)).rejects.toMatchObject({
      code: 'credentials.unknown_key',
    });
  });

  it('names what cannot be sealed with the newest key', async () => {
    const broker = memoryBroker();
    const id = await create(await start({ broker, keys: openKeyRing(new Secret(oldKey)) }));
    const api = await start({ broker, keys: openKeyRing(new Secret(newKey)) });
    const { body } = await api.call('/credentials/rotate', { method: 'POST', token: await tokenFor('admin') });
    expect(body).toMatchObject({ resealed: 0, failed: [{ connection_id: id, code: 'credentials.unknown_key' }] });
  });
});

it('the api lists the fields of each kind of source', async () => {
  const api = await start();
  const { body } = await api.call('/connectors');
  expect(body.connectors).toEqual([
    expect.objectContaining({
      cloud_provider: 'aws',
      secret_fields: ['secret_access_key', 'session_token'],
      config_schema: expect.objectContaining({
        required: ['region'],
        properties: expect.objectContaining({ batch_size: expect.objectContaining({ default: 100 }) }),
      }),
    }),
  ]);
});

it('the api gives a ticket for a project of the token', async () => {
  const api = await start();
  const { status, body, headers } = await api.call('/ws-tickets', {
    method: 'POST',
    body: { project_id: 'demo' },
    token: await tokenFor('viewer'),
  });
  expect([status, headers.get('cache-control')]).toEqual([201, 'no-store']);
  expect(body.ticket.split('.')).toHaveLength(3);
  expect(Date.parse(body.expires_at)).toBeGreaterThan(Date.now());
});

const micros = Date.UTC(2026, 0, 1) * 1000;
const status: ConnectionStatus = {
  rewind: null,
  connection_id: '',
  project_id: 'demo',
  connection_version: 1,
  state: 'auth_refused',
  state_since: micros,
  updated_at: micros,
  owner: 'host/1',
  events: 12,
  bytes: 3000,
  requests: 5,
  errors: 1,
  throttles: 0,
  late_events: 0,
  skipped_events: 0,
  events_per_second: 0.5,
  quiet_since: null,
  held_back: null,
  lag_ms: 90,
  lateness_p50_ms: 400,
  lateness_p95_ms: 800,
  lateness_p99_ms: null,
  lateness: [
    { up_to_ms: 500, events: 9 },
    { up_to_ms: null, events: 3 },
  ],
  last_event_time: micros,
  last_event_seen_at: micros,
  complete_up_to: micros,
  last_error: {
    code: 'connector.auth_refused',
    message: 'The key was revoked.',
    help: null,
    at: micros,
    retry_at: null,
  },
};
