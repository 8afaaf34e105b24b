import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPool } from '@tailrace/postgres/connection/pool.ts';
import { migrate } from '@tailrace/postgres/migrate.ts';
import { role } from '@tailrace/role/role-definition.ts';
import { type RunningProcess, startRoles } from '@tailrace/role/start-roles.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { z } from 'zod';
import type { DevKafka, DevPostgres } from '../../scripts/dev-stack/dev-server.ts';
import { startKafka } from '../../scripts/dev-stack/kafka/kafka.ts';
import { startPostgres } from '../../scripts/dev-stack/postgres/postgres.ts';
import { settings } from './config.ts';
import { start } from './start.ts';
import { jwtSecret, newConnection, tokenFor } from './test-api.ts';

const directory = mkdtempSync(join(tmpdir(), 'tailrace-outage-'));
const body = z.looseObject({ id: z.string().optional(), version: z.number().optional() });
let kafka: DevKafka;
let postgres: DevPostgres;
let running: RunningProcess;
let token = '';

beforeAll(async () => {
  const own = (name: string) => ({ directory: join(directory, name), environment: {}, report: () => undefined });
  [kafka, postgres] = await Promise.all([startKafka(own('kafka')), startPostgres(own('postgres'))]);
  const pool = openPool({ url: postgres.databaseUrl, applicationName: 'test', onIdleError: () => undefined });
  await migrate(pool);
  await pool.end();
  running = await startRoles([role('api', settings, start)], {
    env: {
      PORT: '0',
      HOST: '127.0.0.1',
      KAFKA_BROKERS: kafka.brokers,
      DATABASE_URL: postgres.databaseUrl,
      JWT_SECRET: jwtSecret.reveal(),
      CREDENTIAL_ENCRYPTION_KEY: Buffer.alloc(32, 1).toString('base64url'),
      CONNECTION_CHANGE_TIMEOUT_MS: '2000',
      SHUTDOWN_TIMEOUT_MS: '60000',
    },
    logger: createLogger({ level: 'silent' }),
  });
  await running.started;
  await vi.waitFor(() => expect(running.notReady()).toEqual([]), { timeout: 90_000 });
  token = await tokenFor('admin');
});
afterAll(async () => {
  await running?.stop();
  await Promise.all([kafka?.stop(), postgres?.stop()]);
  rmSync(directory, { recursive: true, force: true });
});

async function call(path: string, method = 'GET', json?: object, headers: Record<string, string> = {}) {
  const response = await fetch(`http://127.0.0.1:${running.port}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(json && { 'content-type': 'application/json' }), ...headers },
    ...(json && { body: JSON.stringify(json) }),
  });
  return { status: response.status, body: body.parse(await response.json()) };
}
const api = '/api/v1/live-logs';

async function create(): Promise<string> {
  const keys = { access_key_id: 'AKIAIOSFODNN7EXAMPLE', secret_access_key: 'hunter2' };
  const config = { region: 'eu-central-1', log_group: '/shop', ...keys };
  let id = '';
  const created = async () => {
    const answer = await call(`${api}/connections`, 'POST', { ...newConnection(), connection_config: config });
    id = answer.body.id ?? '';
    return answer.status;
  };
  // A broker that has just started may take longer to find its transactions than a change is waited for.
  await expect.poll(created, { timeout: 60_000 }).toBe(201);
  return id;
}

it('while Kafka is unreachable: reads continue, changes answer 503 in time, and work again once it is back', async () => {
  const id = await create();
  await kafka.kill9();
  expect((await call(`${api}/connections/${id}`)).status).toBe(200);
  const asked = performance.now();
  expect((await call(`${api}/connections/${id}/start`, 'POST')).status).toBe(503);
  expect(performance.now() - asked).toBeLessThan(12_000);
  await kafka.restart();
  await expect
    .poll(async () => (await call(`${api}/connections/${id}/start`, 'POST')).status, { timeout: 90_000 })
    .toBe(200);
  // The change that got 503 and its repetition made one version, not two.
  expect((await call(`${api}/connections/${id}`)).body).toMatchObject({ desired_state: 'running', version: 2 });
});

it('killed under changes, the broker keeps each that was acknowledged, in one order', async () => {
  const id = await create();
  const acknowledged: number[] = [];
  let going = true;
  const change = async (): Promise<void> => {
    for (let round = 0; going; round++) {
      const { version } = (await call(`${api}/connections/${id}`)).body;
      const answer = await call(
        `${api}/connections/${id}`,
        'PUT',
        { connection_name: `name ${version} ${round}` },
        { 'if-match': `"${version}"` },
      );
      if (answer.status === 200) acknowledged.push(answer.body.version!);
    }
  };
  const changing = [change(), change()];
  await expect.poll(() => acknowledged.length).toBeGreaterThan(5);
  await kafka.kill9();
  const before = acknowledged.length;
  await kafka.restart();
  await expect.poll(() => acknowledged.length, { timeout: 90_000 }).toBeGreaterThan(before + 5);
  going = false;
  await Promise.all(changing);
  expect(new Set(acknowledged).size).toBe(acknowledged.length);
  expect((await call(`${api}/connections/${id}`)).body.version).toBeGreaterThanOrEqual(Math.max(...acknowledged));
});

it('while PostgreSQL is unreachable: searches answer 503 and /readyz says why; both recover by themselves', async () => {
  expect((await call(`${api}/stream/demo`)).status).toBe(200);
  await postgres.kill9();
  // Its sessions find out by themselves, and may answer until then.
  await expect.poll(async () => (await call(`${api}/stream/demo`)).status).toBe(503);
  expect(await call('/readyz')).toMatchObject({ status: 503, body: { detail: expect.stringContaining('api: ') } });
  expect((await call(`${api}/connections/demo`)).status).toBe(200);
  await postgres.restart();
  await expect.poll(async () => (await call('/readyz')).status, { timeout: 90_000 }).toBe(200);
  expect((await call(`${api}/stream/demo`)).status).toBe(200);
});
