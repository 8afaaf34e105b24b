import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { Secret } from '@tailrace/config/secret.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { Metrics } from '@tailrace/telemetry/metrics.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { requireProject, requireToken } from '../access/authentication.ts';
import { createSessionVerifier } from '../access/sessions.ts';
import { createTokenVerifier, signToken } from '../access/tokens.ts';
import { type HttpServerOptions, type ListeningServer, openHttpServer } from '../open-http-server.ts';
import { Problem } from '../problem.ts';
import type { HttpServer } from '../server.ts';
import { AnswerBudget } from './answer-budget.ts';
import { RequestAllowance } from './request-allowance.ts';

const jwtSecret = new Secret('a secret of at least thirty-two bytes');
const until = { timeout: 20_000, interval: 20 };
const opened: ListeningServer[] = [];
afterEach(async () => {
  for (const server of opened.splice(0)) await server.close();
});

async function open(options: Partial<HttpServerOptions> = {}) {
  const server = await openHttpServer({
    logger: createLogger({ level: 'silent' }),
    metrics: new Metrics(),
    notReady: () => ['sink: the database is unreachable'],
    port: 0,
    host: '127.0.0.1',
    bodyLimitBytes: 2048,
    rateLimit: 1000,
    trustProxy: 0,
    connectionsPerAddress: 1000,
    unreadAnswerBytes: 64 * 1024 * 1024,
    metricsAccess: 'inside',
    ...options,
  });
  opened.push(server);
  server.http.register(async (scope: HttpServer) => {
    requireToken(scope, {
      verifyToken: createTokenVerifier({ jwtSecret }),
      sessions: createSessionVerifier({ jwtSecret }),
    });
    const params = z.object({ project: z.string() });
    scope.get('/large/:project', { schema: { params } }, async (request, reply) => {
      requireProject(request, request.params.project);
      return reply.send('x'.repeat(8_000_000));
    });
  });
  server.http.upgrades.take(async () => {
    throw new Problem(401);
  });
  await server.serve();
  const base = `http://127.0.0.1:${server.port}`;
  const ask = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(base + path, { headers });
    return { status: response.status, text: await response.text() };
  };
  const handshake = async (headers = '') => {
    const socket = connect(server.port, '127.0.0.1');
    socket.write(`GET /ws HTTP/1.1\r\nHost: x\r\n${headers}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    return Number((await text(socket)).split(' ')[1]);
  };
  return { server, ask, handshake };
}

const token = (subject: string, project: string) =>
  signToken(jwtSecret, { subject, projects: [project], role: 'viewer' }, { expiresInSeconds: 60 });

describe('the rate limit', () => {
  it('holds a refusal back, so that asking again at once brings few of them', async () => {
    const { ask } = await open({ rateLimit: 1 });
    await ask('/large/demo');
    const asked = performance.now();
    expect([(await ask('/large/demo')).status, (await ask('/large/demo')).status]).toEqual([429, 429]);
    // Timers may fire a millisecond early.
    expect(performance.now() - asked).toBeGreaterThanOrEqual(498);
  });

  it('counts requests whose token is refused', async () => {
    const { ask } = await open({ rateLimit: 3 });
    const statuses = [];
    for (let guess = 0; guess < 5; guess++) {
      statuses.push((await ask('/large/demo', { authorization: `Bearer guess-${guess}` })).status);
    }
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
  });

  it('counts refused handshakes of WebSockets, together with requests', async () => {
    const { ask, handshake } = await open({ rateLimit: 3 });
    expect([await handshake(), await handshake(), (await ask('/nothing')).status, await handshake()]).toEqual([
      401, 401, 404, 429,
    ]);
    expect((await ask('/nothing')).status).toBe(429);
  });

  it.each([
    ['without a proxy, not at all', 0, 429],
    ['behind one, by what it added at the end', 1, 404],
  ])('believes X-Forwarded-For %s', async (_, trustProxy, expected) => {
    const { ask } = await open({ rateLimit: 1, trustProxy });
    await ask('/nothing', { 'x-forwarded-for': '192.0.2.1, 198.51.100.1' });
    expect((await ask('/nothing', { 'x-forwarded-for': '192.0.2.1, 198.51.100.2' })).status).toBe(expected);
    expect((await ask('/nothing', { 'x-forwarded-for': '192.0.2.77, 198.51.100.1' })).status).toBe(429);
  });

  it('gives each caller its own minute', () => {
    const allowance = new RequestAllowance(2);
    expect([allowance.take('a', 0), allowance.take('a', 10), allowance.take('b', 10)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(allowance.take('a', 20_000)).toBe(40_000);
    expect(allowance.take('a', 60_000)).toBeUndefined();
  });
});

describe('behind a proxy, the WebSockets of one client', () => {
  it('are limited by the address that the proxy names', async () => {
    const { server, handshake } = await open({ trustProxy: 1, connectionsPerAddress: 1 });
    const accepted = Promise.withResolvers<void>();
    server.http.server.removeAllListeners('upgrade');
    server.http.upgrades.take(async () => accepted.resolve());
    const first = connect(server.port, '127.0.0.1');
    first.write(
      'GET /ws HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    await accepted.promise;
    expect(await handshake('X-Forwarded-For: 192.0.2.1\r\n')).toBe(429);
    first.destroy();
  });
});

describe('what is said of the inside', () => {
  it('is said to callers from this machine or a private network, and not through a proxy', async () => {
    const { ask } = await open();
    const forwarded = { 'x-forwarded-for': '192.0.2.1' };
    expect((await ask('/metrics')).status).toBe(200);
    expect((await ask('/metrics', forwarded)).status).toBe(404);
    expect((await ask('/readyz')).text).toContain('the database is unreachable');
    expect(await ask('/readyz', forwarded)).toMatchObject({
      status: 503,
      text: expect.not.stringContaining('database'),
    });
    expect((await ask('/healthz', forwarded)).status).toBe(200);
  });

  it('is said to anybody where the operator wants it', async () => {
    const { ask } = await open({ metricsAccess: 'anybody' });
    expect((await ask('/metrics', { 'x-forwarded-for': '192.0.2.1' })).status).toBe(200);
  });
});

describe('large answers that nobody reads', () => {
  it('are bounded for a token, for a project and in all, and make room when they are gone', () => {
    const budget = new AnswerBudget(1000);
    const first = budget.take(200, { caller: 'ann', project: 'shop' });
    expect(budget.take(100, { caller: 'ann', project: 'shop' })).toBeUndefined();
    expect(budget.take(200, { caller: 'bob', project: 'shop' })).toBeDefined();
    expect(budget.take(200, { caller: 'cy', project: 'shop' })).toBeUndefined();
    // Larger than a share, and alone.
    expect(budget.take(500, { caller: 'cy', project: 'other' })).toBeDefined();
    expect(budget.take(200, { caller: 'dan', project: 'third' })).toBeUndefined();
    first?.();
    expect(budget.take(100, { caller: 'ann', project: 'shop' })).toBeDefined();
  });

  it('are refused beyond the share of their token, while another project is served', async () => {
    const { server, ask } = await open({ unreadAnswerBytes: 40_000_000 });
    const hoarder = await token('ann', 'demo');
    const sockets = Array.from({ length: 6 }, () => {
      const socket = connect(server.port, '127.0.0.1').pause();
      socket.write(`GET /large/demo HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${hoarder}\r\n\r\n`);
      return socket;
    });
    await expect
      .poll(() => ask('/large/demo', { authorization: `Bearer ${hoarder}` }), until)
      .toMatchObject({ status: 429, text: expect.stringContaining('waiting to be read') });
    expect((await ask('/large/other', { authorization: `Bearer ${await token('bob', 'other')}` })).status).toBe(200);
    for (const socket of sockets) socket.destroy();
    await expect
      .poll(async () => (await ask('/large/demo', { authorization: `Bearer ${hoarder}` })).status, until)
      .toBe(200);
  });
});
