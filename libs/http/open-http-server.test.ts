import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { Metrics } from '@tailrace/telemetry/metrics.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type HttpServerOptions, type ListeningServer, openHttpServer } from './open-http-server.ts';

const opened: ListeningServer[] = [];
/** What the tests read of any answer. */
const answerSchema = z.looseObject({
  request_id: z.string().optional(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  openapi: z.string().optional(),
  paths: z.record(z.string(), z.unknown()).optional(),
});

afterEach(async () => {
  for (const server of opened.splice(0)) await server.close();
});

async function open(options: Partial<HttpServerOptions> = {}) {
  const lines: string[] = [];
  const server = await openHttpServer({
    logger: createLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } }),
    metrics: new Metrics(),
    notReady: () => [],
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
  const { http } = server;
  const body = z.object({
    name: z.string().max(10),
    config: z.object({ region: z.string() }),
    extra: z.json().optional(),
  });
  http.post('/things', { schema: { body, response: { 200: z.object({ name: z.string() }) } } }, async (request) => ({
    name: request.body.name,
  }));
  http.get(
    '/things/:id',
    {
      schema: {
        params: z.object({ id: z.string() }),
        querystring: z.object({ limit: z.coerce.number().min(1).optional() }),
      },
    },
    async () => 'a thing',
  );
  http.get('/broken', async () => {
    throw new Error('the password is hunter2');
  });
  http.get('/away', async () => {
    throw new TailraceError('broker 10.0.0.1 is unreachable', { code: 'kafka.connection_lost', remedy: 'reconnect' });
  });
  const base = `http://127.0.0.1:${server.port}`;
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(base + path, init);
    return { status: response.status, headers: response.headers, body: answerSchema.parse(await response.json()) };
  };
  const post = (body: string, type = 'application/json') =>
    ask('/things', { method: 'POST', headers: { 'content-type': type }, body });
  return { server, base, ask, post, lines };
}

describe('openHttpServer', () => {
  it('answers health while it starts, and 503 for everything else', async () => {
    const { server, ask } = await open({ notReady: () => ['kafka: not reached yet'] });
    expect((await ask('/healthz')).body).toEqual({ status: 'ok' });
    expect(await ask('/readyz')).toMatchObject({
      status: 503,
      body: { detail: 'kafka: not reached yet', errors: [{ field: 'kafka' }] },
    });
    expect((await ask('/things/1')).status).toBe(503);
    await server.serve();
    expect((await ask('/healthz')).status).toBe(200);
    expect((await ask('/readyz')).status).toBe(503);
  });

  it('answers every error as a problem document', async () => {
    const { server, ask, post } = await open();
    await server.serve();
    const answers = [
      await ask('/nothing'),
      await ask('/things', { method: 'DELETE' }),
      await post('{"name":'),
      await post('', 'application/json'),
      await post('<xml/>', 'application/xml'),
      await post(JSON.stringify({ name: 'x'.repeat(4000) })),
      await post(`${'['.repeat(200)}${']'.repeat(200)}`),
      await post('{"name":"a","config":{"region":"x"},"__proto__":{"admin":true}}'),
      await ask('/%zz'),
      await ask('/broken'),
      await ask('/away'),
    ];
    expect(answers.map((answer) => answer.status)).toEqual([404, 405, 400, 400, 415, 413, 422, 400, 400, 500, 503]);
    for (const answer of answers) {
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(answer.body).toMatchObject({
        type: expect.stringMatching(/^urn:tailrace:problem:/),
        title: expect.any(String),
        status: answer.status,
      });
      expect(JSON.stringify(answer.body)).not.toMatch(/hunter2|10\.0\.0\.1|at .*\.ts/);
    }
    expect(answers[1]?.headers.get('allow')).toBe('POST');
    expect(answers[10]?.headers.get('retry-after')).toBe('1');
  });

  it('names each wrong field', async () => {
    const { server, ask, post } = await open();
    await server.serve();
    const { status, body } = await post(JSON.stringify({ name: 7, config: {} }));
    expect(status).toBe(422);
    expect(body.errors?.map((each) => each.field)).toEqual(['body.name', 'body.config.region']);
    expect((await ask('/things/1?limit=-1')).body.errors?.[0]?.field).toBe('querystring.limit');
  });

  it('logs our own failures with their cause and no query string', async () => {
    const { server, ask, lines } = await open();
    await server.serve();
    const { body } = await ask('/broken?token=hunter3hunter3');
    const failure = lines.map((line) => JSON.parse(line)).find((line) => line.level === 'error');
    expect(failure).toMatchObject({ requestId: body.request_id, err: { message: 'the password is hunter2' } });
    expect(lines.join()).not.toContain('hunter3');
  });

  it('limits requests from one address, but not health', async () => {
    const { server, ask } = await open({ rateLimit: 3 });
    await server.serve();
    for (let index = 0; index < 3; index++) await ask('/nothing');
    expect(await ask('/nothing')).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    expect((await ask('/things/1')).headers.get('retry-after')).toBeTruthy();
    expect((await ask('/healthz')).status).toBe(200);
  });

  it('sends security headers, and a page of the API that they allow to run', async () => {
    const { server, base, ask } = await open();
    await server.serve();
    expect((await ask('/healthz')).headers.get('content-security-policy')).toContain("default-src 'none'");
    expect((await ask('/healthz')).headers.get('x-content-type-options')).toBe('nosniff');
    const page = await fetch(`${base}/docs/`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    const document = (await ask('/openapi.json')).body;
    expect(document.openapi).toMatch(/^3\.1/);
    expect(Object.keys(document.paths ?? {})).toEqual(
      expect.arrayContaining(['/healthz', '/readyz', '/metrics', '/things', '/things/{id}']),
    );
  });

  it('counts requests by route in /metrics', async () => {
    const { server, base, ask } = await open();
    await server.serve();
    await fetch(`${base}/things/1`);
    await ask('/nothing');
    const metrics = await (await fetch(`${base}/metrics`)).text();
    expect(metrics).toContain('tailrace_http_request_seconds_count{method="GET",route="/things/:id",status="200"} 1');
    expect(metrics).toContain('tailrace_http_request_seconds_count{method="GET",route="unknown",status="404"} 1');
  });

  it('survives bytes that are no HTTP', async () => {
    const { server, ask } = await open();
    await server.serve();
    const socket = connect(server.port, '127.0.0.1');
    socket.write('\u0000\u0001 nonsense\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1.1 400 .*urn:tailrace:problem:bad_request/s);
    expect((await ask('/healthz')).status).toBe(200);
  });

  it('drains: running requests end, an endless or upgraded one is cut by close, and both may be called twice', async () => {
    const { server, base } = await open();
    const slowEntered = Promise.withResolvers<void>();
    const endlessEntered = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    server.http.get('/slow', async () => {
      slowEntered.resolve();
      await finish.promise;
      return 'done';
    });
    server.http.get('/endless', async () => {
      endlessEntered.resolve();
      return new Promise(() => {});
    });
    server.http.server.on('upgrade', (_request, socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'));
    await server.serve();
    const upgraded = connect(server.port, '127.0.0.1');
    upgraded.write('GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    const upgradedEnded = text(upgraded);
    const slow = fetch(`${base}/slow`).then((response) => response.text());
    const endless = fetch(`${base}/endless`).then(
      () => 'answered',
      () => 'cut',
    );
    await Promise.all([slowEntered.promise, endlessEntered.promise]);
    const drained = Promise.all([server.drain(300), server.drain(300)]);
    finish.resolve();
    expect(await slow).toBe('done');
    await drained;
    await Promise.all([server.close(), server.close()]);
    expect(await endless).toBe('cut');
    expect(await upgradedEnded).toContain('101');
    await expect(fetch(`${base}/healthz`)).rejects.toThrow();
  });
});
