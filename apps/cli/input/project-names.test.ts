import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { testLine } from '@tailrace/http/client/test-line.ts';
import type { AlertRule, Connection } from '@tailrace/http/contract/generated.ts';
import { afterEach, expect, it, vi } from 'vitest';
import { ProjectNames } from './project-names.ts';

let server: Server | undefined;
afterEach(async () => {
  vi.restoreAllMocks();
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
});

const noLines = { logs: [], older: null, newer: null, live_from: null, complete: true };
const nothing = { connections: { connections: [] }, 'alert-rules': { rules: [] }, stream: noLines };

const connection: Connection = {
  id: 'conn_1',
  project_id: 'dmeo',
  connection_name: 'a',
  cloud_provider: 'aws',
  connection_config: {},
  secrets_set: [],
  desired_state: 'stopped',
  version: 1,
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
  parsing: { version: 0, rules: [], changed_at: null },
  rewind: null,
  status: null,
};
const rule: AlertRule = {
  id: 'rule_1',
  project_id: 'dmeo',
  name: 'a',
  alert_type: 'absence',
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
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
};

/** What is warned of for a project of which the server answers this. A status in place of an answer is an error. */
async function warnings(answers: Readonly<Record<string, object | number>>): Promise<string> {
  server = createServer((request, response) => {
    const [, , , , resource = ''] = (request.url ?? '').split('/');
    const answer = answers[resource] ?? 404;
    response.writeHead(typeof answer === 'number' ? answer : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(typeof answer === 'number' ? {} : answer));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const env = { TAILRACE_URL: `http://127.0.0.1:${port}`, JWT_SECRET: 'a secret of thirty-two bytes or more' };
  await new ProjectNames({ env, directory: '/nowhere' }, 'dmeo').warnIfEmpty();
  return written.mock.calls.map(([text]) => String(text)).join('');
}

it('the look-up of names warns of a project that has nothing at all, which may be a misspelt one', async () => {
  expect(await warnings(nothing)).toBe(
    'project dmeo has no connection, no rule and no line of the last day: is it spelt right?\n',
  );
});

it.each([
  ['has a connection', { ...nothing, connections: { connections: [connection] } }],
  ['has a rule', { ...nothing, 'alert-rules': { rules: [rule] } }],
  ['has a line of the last day', { ...nothing, stream: { ...noLines, logs: [testLine({ id: 'a' })] } }],
  ['may have lines that cannot be looked for', { ...nothing, stream: 503 }],
  ['cannot be asked about', {}],
])('the look-up of names says nothing of a project that %s', async (_, answers) => {
  expect(await warnings(answers)).toBe('');
});
