import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHttpServer } from '@tailrace/http/open-http-server.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { Metrics } from '@tailrace/telemetry/metrics.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serveWebPage } from './web-page.ts';

const directory = mkdtempSync(join(tmpdir(), 'web-page-'));
let url = '';
let close: () => Promise<void>;

beforeAll(async () => {
  mkdirSync(join(directory, 'assets'));
  writeFileSync(join(directory, 'index.html'), '<!doctype html><title>Tailrace</title>');
  writeFileSync(join(directory, 'assets', 'index-abc.js'), 'console.log(1)');
  const server = await openHttpServer({
    logger: createLogger({ level: 'silent' }),
    metrics: new Metrics(),
    notReady: () => [],
    port: 0,
    host: '127.0.0.1',
    bodyLimitBytes: 1024,
    rateLimit: 1000,
    trustProxy: 0,
    connectionsPerAddress: 1000,
    unreadAnswerBytes: 64 * 1024 * 1024,
    metricsAccess: 'inside',
  });
  expect(await serveWebPage(server.http, directory)).toBe(true);
  expect(await serveWebPage(server.http, join(directory, 'none'))).toBe(false);
  await server.serve();
  url = `http://127.0.0.1:${server.port}`;
  close = () => server.close();
});
afterAll(async () => {
  await close();
  rmSync(directory, { recursive: true, force: true });
});

it.each(['/', '/projects/shop/live', '/projects/shop/alerts/rules/rule_1?x=1', '/sign-in'])(
  'answers %s with the document, never from a cache, and lets it load its own files only',
  async (path) => {
    const answer = await fetch(url + path);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('<title>Tailrace</title>');
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'self'; .*object-src 'none'/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  },
);

it('the web server lets hashed files be kept for good, compressed for browsers that accept it', async () => {
  const plain = await fetch(`${url}/assets/index-abc.js`, { headers: { 'accept-encoding': 'identity' } });
  expect(plain.headers.get('content-encoding')).toBeNull();
  expect(plain.headers.get('content-length')).toBe('14');
  const zipped = await fetch(`${url}/assets/index-abc.js`);
  expect(zipped.headers.get('content-encoding')).toBe('gzip');
  expect(zipped.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect(await zipped.text()).toBe('console.log(1)');
});

it.each(['/api/v1/live-logs/none', '/assets/other.js', '/assets/..%2findex.html', '/favicon.ico', '/nothing'])(
  'does not answer for %s',
  async (path) => {
    const answer = await fetch(url + path);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  },
);

it('the web server leaves health and the API’s own page alone', async () => {
  expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' });
  expect(await (await fetch(`${url}/docs`)).text()).toContain('swagger');
});
