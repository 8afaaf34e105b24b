import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { ProjectNames } from './project-names.ts';

let server: Server | undefined;
afterEach(async () => {
  vi.restoreAllMocks();
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
});

const nothing = { connections: { connections: [] }, 'alert-rules': { rules: [] }, stream: { logs: [] } };

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
  ['has a connection', { ...nothing, connections: { connections: [{ id: 'conn_1', connection_name: 'a' }] } }],
  ['has a rule', { ...nothing, 'alert-rules': { rules: [{ id: 'rule_1', name: 'a' }] } }],
  ['has a line of the last day', { ...nothing, stream: { logs: [{}] } }],
  ['may have lines that cannot be looked for', { ...nothing, stream: 503 }],
  ['cannot be asked about', {}],
])('the look-up of names says nothing of a project that %s', async (_, answers) => {
  expect(await warnings(answers)).toBe('');
});
