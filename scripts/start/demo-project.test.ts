import { createServer, type Server } from 'node:http';
import type { AlertRule, Connection } from '@tailrace/http/contract/generated.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DEMO_RULES, prepareDemoProject } from './demo-project.ts';

/** Answers as the api role does, for the routes that are used; its state is there to be looked at. */
type Stored = Connection & { readonly started: number };
const time = '2026-01-01T00:00:00Z';
const connection: Connection = {
  id: 'conn_x',
  project_id: 'demo',
  connection_name: 'Checkout',
  cloud_provider: 'aws',
  connection_config: {},
  secrets_set: [],
  desired_state: 'stopped',
  version: 1,
  created_at: time,
  updated_at: time,
  parsing: { version: 0, rules: [], changed_at: null },
  rewind: null,
  status: null,
};
const wholeRule: AlertRule = {
  id: 'rule_x',
  project_id: 'demo',
  name: 'a rule',
  alert_type: 'error_rate',
  severity: 'low',
  enabled: true,
  conditions: {},
  filter: null,
  group_by: null,
  cooldown_minutes: 15,
  notification_channels: [],
  revision: 1,
  version: 1,
  not_evaluated: null,
  created_at: time,
  updated_at: time,
};
let stored: Stored[] = [];
let rules: AlertRule[] = [];
let refuse: { status: number; body: object } | undefined;
let server: Server;
let url = '';

beforeEach(async () => {
  stored = [];
  rules = [];
  refuse = undefined;
  server = createServer(async (request, response) => {
    const answer = (status: number, body: unknown) => response.writeHead(status).end(JSON.stringify(body));
    if (request.headers.authorization !== 'Bearer the-token') return answer(401, {});
    if (refuse !== undefined) return answer(refuse.status, refuse.body);
    const body = JSON.parse((await request.toArray()).join('') || '{}');
    const [, , , , collection, id, action] = (request.url ?? '').split('/');
    if (collection === 'alert-rules') {
      if (request.method === 'GET') return answer(200, { rules });
      const created = { ...wholeRule, ...body };
      rules.push(created);
      return answer(201, created);
    }
    const existing = stored.find((each) => each.id === id);
    if (request.method === 'GET') return answer(200, { connections: stored });
    if (request.method === 'PUT' && existing) {
      Object.assign(existing, { connection_config: body.connection_config, version: existing.version + 1 });
      return answer(200, existing);
    }
    if (action === 'start' && existing) {
      Object.assign(existing, { version: existing.version + 1, started: existing.started + 1 });
      return answer(200, { message: 'started' });
    }
    const created = { ...connection, ...body, id: `conn_${stored.length}`, version: 1, started: 0 };
    stored.push(created);
    return answer(201, created);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});
afterEach(() => server.close());

function wanted(name: string, endpoint: string) {
  return {
    connection_name: name,
    cloud_provider: 'aws' as const,
    connection_config: { region: 'eu-west-1', endpoint },
  };
}

test('the demo creates and starts what is missing, once', async () => {
  const connections = [wanted('Checkout', 'http://127.0.0.1:1'), wanted('Payments', 'http://127.0.0.1:1')];
  await prepareDemoProject(url, 'the-token', connections, []);
  await prepareDemoProject(url, 'the-token', connections, []);
  expect(stored).toMatchObject([
    { project_id: 'demo', connection_name: 'Checkout', started: 1, version: 2 },
    { project_id: 'demo', connection_name: 'Payments', started: 1, version: 2 },
  ]);
});

test('the demo points a connection to where its cloud has moved, and does not start one that someone stopped', async () => {
  await prepareDemoProject(url, 'the-token', [wanted('Checkout', 'http://127.0.0.1:1')], []);
  await prepareDemoProject(url, 'the-token', [wanted('Checkout', 'http://127.0.0.1:2')], []);
  expect(stored).toMatchObject([{ connection_config: { endpoint: 'http://127.0.0.1:2' }, started: 1, version: 3 }]);
});

test('the demo starts a connection that was created by a start that was killed', async () => {
  const name = 'Checkout';
  const connection_config = { endpoint: 'http://127.0.0.1:1' };
  stored.push({ ...connection, connection_name: name, connection_config, started: 0 });
  await prepareDemoProject(url, 'the-token', [wanted(name, 'http://127.0.0.1:1')], []);
  expect(stored).toMatchObject([{ started: 1 }]);
});

test('the demo says what the server answered when it refuses', async () => {
  refuse = { status: 503, body: { title: 'Service unavailable', detail: 'Kafka is unreachable' } };
  await expect(prepareDemoProject(url, 'the-token', [], [])).rejects.toThrow(/answered 503: Kafka is unreachable/);
});

test('the demo gives a new project its rules, and never those again that someone deleted', async () => {
  const connections = [wanted('Checkout', 'http://127.0.0.1:1')];
  await prepareDemoProject(url, 'the-token', connections, DEMO_RULES);
  expect(rules).toMatchObject(DEMO_RULES.map((rule) => ({ project_id: 'demo', ...rule })));
  rules.pop();
  await prepareDemoProject(url, 'the-token', connections, DEMO_RULES);
  expect(rules).toHaveLength(DEMO_RULES.length - 1);
});
