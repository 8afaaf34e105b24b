import { randomBytes } from 'node:crypto';
import { startSimulator } from '@tailrace/cloud-simulator/start.ts';
import { createTestDatabase, type TestDatabase } from '@tailrace/postgres/test-database.ts';
import { deleteTestTopics } from '@tailrace/role/delete-test-topics.ts';
import { role } from '@tailrace/role/role-definition.ts';
import { type RunningProcess, startRoles } from '@tailrace/role/start-roles.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { settings } from './config.ts';
import { start } from './start.ts';
import { jwtSecret, tokenFor } from './test-api.ts';

const body = z.looseObject({ id: z.string().optional(), code: z.string().optional(), version: z.number().optional() });
const [oldKey, newKey] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')];
const definition = role('api', settings, start);

let database: TestDatabase;
let simulator: Awaited<ReturnType<typeof startSimulator>>;
beforeAll(async () => {
  database = await createTestDatabase();
  simulator = await startSimulator({ clouds: ['aws'] });
});
afterAll(async () => {
  await simulator?.stop();
  await database?.drop();
});

const running: RunningProcess[] = [];
const prefixes: string[] = [];
afterEach(async () => {
  for (const each of running.splice(0)) await each.stop();
  for (const each of prefixes.splice(0)) await deleteTestTopics(each);
});

function newPrefix(): string {
  const prefix = `api-${randomBytes(4).toString('hex')}.`;
  prefixes.push(prefix);
  return prefix;
}

async function open(topicPrefix: string, changes: Record<string, string> = {}) {
  const logLines: string[] = [];
  const process_ = await startRoles([definition], {
    env: {
      PORT: '0',
      HOST: '127.0.0.1',
      KAFKA_BROKERS: process.env.TEST_KAFKA_BROKERS,
      TOPIC_PREFIX: topicPrefix,
      DATABASE_URL: database.url,
      CONNECTION_CHANGE_TIMEOUT_MS: '60000',
      SHUTDOWN_TIMEOUT_MS: '60000',
      JWT_SECRET: jwtSecret.reveal(),
      CREDENTIAL_ENCRYPTION_KEY: oldKey,
      CLOUD_ENDPOINT_ALLOWLIST: `${new URL(simulator.aws.endpoint).host},127.0.0.1:1`,
      ...changes,
    },
    logger: createLogger({ level: 'debug', destination: { write: (line) => void logLines.push(line) } }),
  });
  running.push(process_);
  await process_.started;
  await expect.poll(() => process_.notReady(), { timeout: 120_000 }).toEqual([]);
  const token = await tokenFor('admin');
  const call = async (path: string, method = 'GET', json?: object, headers: Record<string, string> = {}) => {
    const response = await fetch(`http://127.0.0.1:${process_.port}/api/v1/live-logs${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(json && { 'content-type': 'application/json' }), ...headers },
      ...(json && { body: JSON.stringify(json) }),
    });
    const text = await response.text();
    return { status: response.status, body: body.parse(text === '' ? {} : JSON.parse(text)) };
  };
  const create = async (config: object = {}): Promise<string> => {
    const key = simulator.aws.keys.active;
    const created = await call('/connections', 'POST', {
      project_id: 'demo',
      connection_name: 'Shop',
      cloud_provider: 'aws',
      connection_config: {
        region: simulator.aws.region,
        log_group: simulator.aws.logGroups[0],
        endpoint: simulator.aws.endpoint,
        access_key_id: key.accessKeyId,
        secret_access_key: key.secretAccessKey,
        ...config,
      },
    });
    expect([created.status, created.body]).toEqual([201, expect.anything()]);
    return created.body.id!;
  };
  return { call, create, logLines, stop: () => process_.stop() };
}

describe.each(['kafkajs', 'platformatic'])('on a real broker through %s', (client) => {
  it('lets exactly one of two processes change the same version, and both see it', async () => {
    const topicPrefix = newPrefix();
    const [one, two] = [
      await open(topicPrefix, { KAFKA_CLIENT: client }),
      await open(topicPrefix, { KAFKA_CLIENT: client }),
    ];
    const id = await one.create();
    await expect.poll(async () => (await two.call(`/connections/${id}`)).status).toBe(200);
    for (let version = 1; version <= 5; version++) {
      const put = ({ call }: typeof one, name: string) =>
        call(`/connections/${id}`, 'PUT', { connection_name: `${name} ${version}` }, { 'if-match': `"${version}"` });
      const answers = await Promise.all([put(one, 'one'), put(two, 'two'), put(two, 'due')]);
      expect(answers.map((answer) => answer.status).sort()).toEqual([200, 412, 412]);
      for (const { call } of [one, two]) {
        await expect.poll(async () => (await call(`/connections/${id}`)).body.version).toBe(version + 1);
      }
    }
  });

  it('reads its own writes at once', async () => {
    const api = await open(newPrefix(), { KAFKA_CLIENT: client });
    for (let round = 0; round < 10; round++) {
      const id = await api.create();
      expect((await api.call(`/connections/${id}/start`, 'POST')).status).toBe(200);
      expect((await api.call(`/connections/${id}`)).body).toMatchObject({ desired_state: 'running', version: 2 });
      expect((await api.call(`/connections/${id}`, 'DELETE')).status).toBe(204);
      expect((await api.call(`/connections/${id}`)).status).toBe(404);
    }
  });

  it('finds everything again after a restart, and seals again with a newer key', async () => {
    const topicPrefix = newPrefix();
    const first = await open(topicPrefix, { KAFKA_CLIENT: client });
    const [id, deleted] = [await first.create(), await first.create()];
    expect((await first.call(`/connections/${id}/start`, 'POST')).status).toBe(200);
    expect((await first.call(`/connections/${deleted}`, 'DELETE')).status).toBe(204);
    await first.stop();
    const second = await open(topicPrefix, { KAFKA_CLIENT: client, CREDENTIAL_ENCRYPTION_KEY: `${newKey},${oldKey}` });
    expect((await second.call(`/connections/${id}`)).body).toMatchObject({ desired_state: 'running', version: 2 });
    expect((await second.call(`/connections/${deleted}`)).status).toBe(404);
    await expect
      .poll(() => second.logLines.filter((line) => line.includes('sealed credentials with the newest key')).length)
      .toBe(1);
    await second.stop();
    const third = await open(topicPrefix, { KAFKA_CLIENT: client, CREDENTIAL_ENCRYPTION_KEY: newKey });
    expect(await third.call(`/connections/${id}/test`, 'POST')).toMatchObject({ status: 200 });
    for (const { logLines } of [first, second, third]) {
      expect(logLines.join()).not.toContain(simulator.aws.keys.active.secretAccessKey);
    }
  });
});

it('the api tests a connection by calling its cloud', async () => {
  const api = await open(newPrefix());
  const test = async (config: object) => {
    const id = await api.create(config);
    const { status, body: answer } = await api.call(`/connections/${id}/test`, 'POST');
    return [status, answer.code ?? answer.status];
  };
  const { denied, expired } = simulator.aws.keys;
  expect(await test({})).toEqual([200, 'success']);
  expect(await test({ secret_access_key: 'wrong' })).toEqual([422, 'connector.auth_refused']);
  expect(
    await test({
      access_key_id: expired.accessKeyId,
      secret_access_key: expired.secretAccessKey,
      session_token: expired.sessionToken ?? null,
    }),
  ).toEqual([422, 'connector.auth_refused']);
  expect(await test({ access_key_id: denied.accessKeyId, secret_access_key: denied.secretAccessKey })).toEqual([
    422,
    'connector.permission_denied',
  ]);
  expect(await test({ log_group: '/no/such/group' })).toEqual([422, 'connector.not_found']);
  expect(await test({ endpoint: 'http://127.0.0.1:1' })).toEqual([502, 'connector.unreachable']);
});

it('the api searches the read replica when there is one', async () => {
  const api = await open(newPrefix(), {
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    DATABASE_READ_URL: database.url,
  });
  expect((await api.call('/stream/demo')).status).toBe(200);
});
