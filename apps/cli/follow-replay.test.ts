import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Replay } from '@tailrace/http/contract/generated.ts';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ApiClient } from './api-client.ts';
import { followReplay } from './follow-replay.ts';

const running: Replay = {
  id: 'rpl_1',
  project_id: 'demo',
  connection_ids: [],
  from: '2026-01-01T00:00:00Z',
  to: '2026-01-02T00:00:00Z',
  mode: 'apply',
  records_per_second: null,
  status: 'running',
  progress: {
    read: 250,
    total: 1000,
    matched: 40,
    written: 40,
    dead: 0,
    lost: 0,
    rate: 50,
    remaining_seconds: 15,
    waiting_for: null,
    waiting_detail: null,
  },
  differences: null,
  outcome: null,
  error: null,
  normaliser_version: 7,
  created_at: '2026-01-03T00:00:00Z',
  created_by: 'ada',
  started_at: '2026-01-03T00:00:00Z',
  finished_at: null,
};

let server: Server;
let requests: number;
/** How the server answers each request, by number. */
let answer: (request: number, ...args: Parameters<RequestListener>) => void;

beforeEach(async () => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  requests = 0;
  server = createServer((request, response) => answer(requests++, request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  vi.restoreAllMocks();
  server.closeAllConnections();
  server.close();
});

function follow(signal = new AbortController().signal) {
  const { port } = server.address() as AddressInfo;
  const env = { TAILRACE_URL: `http://127.0.0.1:${port}`, TAILRACE_TOKEN: 'token' };
  return followReplay(new ApiClient({ env, directory: '/nowhere' }, 'demo'), running, { json: false, signal });
}

it.each([401, 404, 400])('following a replay ends at once when the server refuses with %i', async (status) => {
  answer = (_, __, response) => response.writeHead(status).end(JSON.stringify({ title: 'No' }));
  await expect(follow()).rejects.toThrow(`No (${status})`);
  expect(requests).toBe(1);
});

it('following a replay waits for a server that is overloaded, restarts or goes away', async () => {
  answer = (number, { socket }, response) => {
    if (number === 0) response.writeHead(503).end();
    else if (number === 1) response.writeHead(429).end(JSON.stringify({ title: 'Too many requests' }));
    else if (number === 2) socket.destroy();
    else if (number === 3) {
      response.writeHead(200, { 'content-length': 1000 }).write('{');
      setImmediate(() => socket.destroy());
    } else response.end(JSON.stringify({ ...running, status: 'completed' }));
  };
  expect(await follow()).toMatchObject({ status: 'completed' });
  expect(requests).toBe(5);
});

it('following a replay leaves a request that hangs when it is interrupted', async () => {
  const interrupted = new AbortController();
  answer = () => interrupted.abort();
  expect(await follow(interrupted.signal)).toBeUndefined();
});
