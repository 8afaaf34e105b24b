import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newRule, startTestApi, tokenFor } from './test-api.ts';

const broker = memoryBroker();
let api: Awaited<ReturnType<typeof startTestApi>>;
let other: Awaited<ReturnType<typeof startTestApi>>;
beforeAll(async () => {
  api = await startTestApi({ broker });
  other = await startTestApi({ broker });
});
afterAll(async () => {
  await api.close();
  await other.close();
});

/** The cookie of a new session. */
async function signIn(): Promise<string> {
  const answer = await api.call('/session', { method: 'POST' });
  expect(answer.status).toBe(200);
  const [pair] = (answer.headers.get('set-cookie') ?? '').split(';');
  return pair ?? '';
}

let rules = 0;
/** Of a name of its own, as each rule of a project has. */
const rule = () => newRule({ name: `Rule ${++rules}` });

describe('a session', () => {
  it('is exchanged for a token, says who is signed in and until when, and is known to every api process', async () => {
    const answer = await api.call('/session', { method: 'POST' });
    expect(answer.body).toMatchObject({ projects: ['demo'], role: 'editor' });
    expect(answer.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Strict$/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(Date.parse(answer.body.expires_at)).toBeGreaterThan(Date.now());
    const cookie = await signIn();
    for (const each of [api, other]) {
      const read = await each.call('/session', { token: null, headers: { cookie } });
      expect(read.body).toMatchObject({ subject: answer.body.subject, projects: ['demo'], role: 'editor' });
      expect((await each.call('/connections/demo', { token: null, headers: { cookie } })).status).toBe(200);
      expect((await each.call('/connections/other', { token: null, headers: { cookie } })).status).toBe(404);
    }
  });

  it('has the role of its token and no more', async () => {
    const answer = await api.call('/session', { method: 'POST', token: await tokenFor('viewer') });
    const [cookie = ''] = (answer.headers.get('set-cookie') ?? '').split(';');
    const headers = { cookie, 'sec-fetch-site': 'same-origin' };
    expect((await api.call('/alert-rules', { method: 'POST', token: null, headers, body: rule() })).status).toBe(403);
  });

  it('is Secure where the page came over https, also through a proxy', async () => {
    const cookieFor = async (origin: string) =>
      (await api.call('/session', { method: 'POST', headers: { origin } })).headers.get('set-cookie');
    expect(await cookieFor('https://logs.example')).toContain('; Secure');
    expect(await cookieFor('http://logs.example')).not.toContain('; Secure');
  });

  it('is not begun by a cookie, nor renewed by a token', async () => {
    const cookie = await signIn();
    const headers = { cookie, 'sec-fetch-site': 'same-origin' };
    expect((await api.call('/session', { method: 'POST', token: null, headers })).status).toBe(401);
    expect((await api.call('/session', { method: 'POST', token: null })).status).toBe(401);
    expect((await api.call('/session/renew', { method: 'POST' })).status).toBe(409);
  });

  it('is renewed, and ended by signing out, also when the cookie is of no use', async () => {
    const headers = { cookie: await signIn(), 'sec-fetch-site': 'same-origin' };
    const renewed = await api.call('/session/renew', { method: 'POST', token: null, headers });
    expect(renewed.status).toBe(200);
    expect(renewed.body.renewable_until).not.toBeNull();
    expect(renewed.headers.get('set-cookie')).toMatch(/^tailrace_session_[0-9a-f]{8}=[\w.-]{50,}/);
    const [name] = headers.cookie.split('=');
    for (const cookie of [headers.cookie, `${name}=nonsense`]) {
      const ended = await api.call('/session', { method: 'DELETE', token: null, headers: { ...headers, cookie } });
      expect(ended.status).toBe(204);
      expect(ended.headers.get('set-cookie')).toMatch(/^tailrace_session_[0-9a-f]{8}=; Max-Age=0/);
    }
  });

  it('that is not valid is refused with words, and a bad token is not saved by a good cookie', async () => {
    const cookie = await signIn();
    const [name] = cookie.split('=');
    const bad = await api.call('/session', { token: null, headers: { cookie: `${name}=a.b.c.d.e` } });
    expect([bad.status, bad.body.detail]).toEqual([401, 'The session is not valid. Sign in again.']);
    expect((await api.call('/connections/demo', { token: 'x', headers: { cookie } })).status).toBe(401);
  });
});

describe('a change by the cookie', () => {
  const change = async (headers: Readonly<Record<string, string>>) => {
    const cookie = await signIn();
    return api.call('/alert-rules', { method: 'POST', token: null, headers: { cookie, ...headers }, body: rule() });
  };

  it.each<[string, Record<string, string>]>([
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['another origin of the same site', { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:1' }],
    ['another port, in a browser that sends Origin only', { origin: 'http://127.0.0.1:1' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['no page at all', {}],
    ['a page whose Sec-Fetch-Site and Origin disagree', { 'sec-fetch-site': 'cross-site', origin: 'OWN' }],
  ])('from %s is refused, and nothing is changed', async (_from, headers) => {
    const own = new URL(api.base).origin;
    const sent = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value === 'OWN' ? own : value]),
    );
    const before = (await api.call('/alert-rules/demo')).body.rules.length;
    const answer = await change(sent);
    expect([answer.status, answer.body.code]).toEqual([403, 'session.foreign_origin']);
    expect((await api.call('/alert-rules/demo')).body.rules.length).toBe(before);
    const cookie = await signIn();
    for (const [method, path] of [
      ['DELETE', '/session'],
      ['POST', '/session/renew'],
    ] as const) {
      expect((await api.call(path, { method, token: null, headers: { cookie, ...sent } })).status, path).toBe(403);
    }
  });

  it.each([
    ['sec-fetch-site', 'same-origin'],
    ['origin', ''],
  ])('from the page itself, by its %s, is taken', async (name, value) => {
    expect((await change({ [name]: value || new URL(api.base).origin })).status).toBe(201);
  });

  it('needs no origin where there is a bearer token, which no page sends by itself', async () => {
    const cookie = await signIn();
    expect((await api.call('/alert-rules', { method: 'POST', headers: { cookie }, body: rule() })).status).toBe(201);
  });
});

it('every route that is not a GET is refused to a cookie of another origin', async () => {
  const { body: document } = await api.call('/./openapi.json', { token: null });
  const cookie = await signIn();
  const routes = Object.entries<Record<string, object>>(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => method !== 'get')
      .map((method) => [method.toUpperCase(), path] as const),
  );
  expect(routes.length).toBeGreaterThan(20);
  for (const [method, path] of routes) {
    const answer = await api.call(`/.${path.replaceAll(/\{\w+\}/g, 'demo')}`, {
      method,
      token: null,
      headers: { cookie, origin: 'https://evil.example' },
    });
    expect([answer.status, answer.body.code], `${method} ${path}`).toEqual([403, 'session.foreign_origin']);
  }
});
