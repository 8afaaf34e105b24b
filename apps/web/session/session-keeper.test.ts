import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SessionKeeper } from './session-keeper.ts';

const minute = 60_000;
const hour = 60 * minute;

/** A server with the sessions of one browser, whose cookie it holds itself. */
class FakeServer {
  cookie: { subject: string; expiresAt: number; limit: number } | undefined;
  keepsCookies = true;
  isAway = false;
  lifetimeMs = hour;
  renewableMs = 24 * hour;
  readonly asked: string[] = [];

  readonly fetch = async (path: string, { method, headers }: { method: string; headers: Record<string, string> }) => {
    this.asked.push(`${method} ${path.replace('/api/v1/live-logs/', '')}`);
    if (this.isAway) throw new TypeError('Failed to fetch');
    const token = headers.authorization?.slice('Bearer '.length);
    if (method === 'DELETE') {
      this.cookie = undefined;
      return new Response(null, { status: 204 });
    }
    if (method === 'POST' && token !== undefined) {
      if (token.includes('refused')) return this.#refusal('The token is not valid.');
      if (token.includes('large')) return this.#refusal('Too many projects.', 422, 'session.too_large');
      const begun = {
        subject: subjectOf(token),
        expiresAt: Date.now() + this.lifetimeMs,
        limit: Date.now() + this.renewableMs,
      };
      if (this.keepsCookies) this.cookie = begun;
      return this.#answer(begun);
    }
    if (token !== undefined) return this.#answer({ subject: subjectOf(token), expiresAt: Date.now() + hour, limit: 0 });
    if (this.cookie === undefined || this.cookie.expiresAt <= Date.now()) return this.#refusal('Send a token.');
    if (path.endsWith('/renew')) {
      this.cookie = { ...this.cookie, expiresAt: Math.min(this.cookie.limit, Date.now() + this.lifetimeMs) };
    }
    return this.#answer(this.cookie);
  };

  #answer({ subject, expiresAt, limit }: { subject: string; expiresAt: number; limit: number }): Response {
    return Response.json({
      subject,
      projects: ['shop'],
      role: 'admin',
      expires_at: new Date(expiresAt).toISOString(),
      renewable_until: limit > expiresAt ? new Date(limit).toISOString() : null,
    });
  }

  #refusal(detail: string, status = 401, code = 'unauthenticated'): Response {
    return Response.json({ title: 'no', detail, code }, { status });
  }
}

const tokenOf = (subject: string, part = 'x') => {
  const claims = { sub: subject, projects: ['shop'], role: 'admin', exp: Math.floor(Date.now() / 1000) + 3600 };
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${part}`;
};
const subjectOf = (token: string): string =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sub;

let server: FakeServer;
let said: string[];
let isSeen: boolean;
let keeper: SessionKeeper;

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  vi.stubGlobal('fetch', server.fetch);
  vi.stubGlobal('window', new EventTarget());
  [said, isSeen] = [[], true];
  keeper = new SessionKeeper({ isSeen: () => isSeen, say: (message) => void said.push(message) });
});
afterEach(() => {
  keeper.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function signedIn() {
  const state = keeper.state();
  if (state.kind !== 'signed-in') throw new Error(`not signed in but ${state.kind}`);
  return state;
}

test('a new tab is signed in by the cookie that another tab got', async () => {
  await keeper.start();
  expect(keeper.state().kind).toBe('signed-out');
  await keeper.signIn(tokenOf('mia'));
  const other = new SessionKeeper({ isSeen: () => true, say: () => undefined });
  await other.start();
  expect(other.state()).toMatchObject({ kind: 'signed-in', session: { subject: 'mia' } });
  other.close();
});

test('a token of the address signs in where nobody is, and takes the place of an older one of the same person', async () => {
  await keeper.start(tokenOf('mia'));
  expect(signedIn().session.subject).toBe('mia');
  server.asked.length = 0;
  await keeper.start(tokenOf('mia'));
  expect(server.asked).toContain('POST session');
  expect(signedIn().offer).toBeUndefined();
});

test('a token of the address takes nobody else’s place before somebody says so', async () => {
  await keeper.start(tokenOf('mia'));
  await keeper.start(tokenOf('eve'));
  expect(signedIn()).toMatchObject({ session: { subject: 'mia' }, offer: { subject: 'eve' } });
  await keeper.answerOffer(false);
  expect(signedIn().offer).toBeUndefined();
  expect(server.cookie?.subject).toBe('mia');
  await keeper.start(tokenOf('eve'));
  await keeper.answerOffer(true);
  expect([signedIn().session.subject, server.cookie?.subject]).toEqual(['eve', 'eve']);
});

test('a token that is refused says why, and ends no session that there is', async () => {
  await keeper.start();
  await expect(keeper.signIn(tokenOf('mia', 'refused'))).rejects.toThrow('The token is not valid.');
  expect(keeper.state().kind).toBe('signed-out');
  await keeper.start(tokenOf('mia', 'refused'));
  expect(keeper.state()).toMatchObject({ kind: 'signed-out', notice: 'The token is not valid.' });
});

test('a session is renewed while it is used, once it is half over, up to its limit', async () => {
  await keeper.start(tokenOf('mia'));
  const start = Date.now();
  await vi.advanceTimersByTimeAsync(31 * minute);
  expect(server.cookie?.expiresAt).toBeGreaterThan(start + 80 * minute);
  expect(said).toContain('renewed');
  await vi.advanceTimersByTimeAsync(20 * hour);
  expect(signedIn()).toMatchObject({ endsSoon: false, hasEnded: false });
  expect(server.asked.filter((each) => each === 'POST session/renew').length).toBeLessThan(60);
});

test('a session is renewed however short it is, and tried again before its end when that fails', async () => {
  server.lifetimeMs = 12_000;
  await keeper.start(tokenOf('mia'));
  server.isAway = true;
  await vi.advanceTimersByTimeAsync(8000);
  expect(said).not.toContain('renewed');
  server.isAway = false;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(said).toContain('renewed');
  expect(signedIn()).toMatchObject({ hasEnded: false });
});

test('a session is not renewed while nobody sees the page, warns once it is near its end, and is renewed when asked', async () => {
  isSeen = false;
  await keeper.start(tokenOf('mia'));
  await vi.advanceTimersByTimeAsync(54 * minute);
  expect(signedIn().endsSoon).toBe(false);
  await vi.advanceTimersByTimeAsync(2 * minute);
  expect(signedIn()).toMatchObject({ endsSoon: true, hasEnded: false });
  expect(server.asked).not.toContain('POST session/renew');
  await keeper.renew();
  expect(signedIn()).toMatchObject({ endsSoon: false });
});

test('a session of an identity provider warns before its end; after it nothing is asked for that is refused, and another token goes on', async () => {
  server.renewableMs = 0;
  await keeper.start(tokenOf('mia'));
  await vi.advanceTimersByTimeAsync(56 * minute);
  expect(signedIn()).toMatchObject({ endsSoon: true, hasEnded: false, session: { isRenewable: false } });
  await vi.advanceTimersByTimeAsync(5 * minute);
  expect(signedIn()).toMatchObject({ hasEnded: true, session: { subject: 'mia' } });
  server.asked.length = 0;
  const { api } = keeper;
  await expect(api.call('GET connectors')).rejects.toThrow('Your session has ended.');
  expect(server.asked).toEqual([]);
  await keeper.signIn(tokenOf('mia'));
  expect(signedIn()).toMatchObject({ hasEnded: false, endsSoon: false });
  expect(keeper.api).toBe(api);
});

test('an end that the server reports first keeps what is shown; one that another tab has mended is not noticed', async () => {
  await keeper.start(tokenOf('mia'));
  server.cookie = undefined;
  await expect(keeper.api.call('GET connectors')).rejects.toThrow('Send a token.');
  await vi.advanceTimersByTimeAsync(0);
  expect(signedIn().hasEnded).toBe(true);
  await keeper.signIn(tokenOf('mia'));
  const cookie = server.cookie;
  server.cookie = undefined;
  const call = keeper.api.call('GET connectors').catch(() => undefined);
  await call;
  server.cookie = cookie;
  await keeper.heard('signed-in');
  expect(signedIn().hasEnded).toBe(false);
});

test('signing out is for all tabs', async () => {
  await keeper.start(tokenOf('mia'));
  await keeper.signOut();
  expect(keeper.state().kind).toBe('signed-out');
  expect(server.cookie).toBeUndefined();
  expect(said.at(-1)).toBe('signed-out');
  await keeper.signIn(tokenOf('mia'));
  await keeper.heard('signed-out');
  expect(keeper.state()).toMatchObject({ kind: 'signed-out', notice: expect.stringContaining('another tab') });
});

test('a browser that keeps no cookie, or a token that fits none, is signed in for this page alone', async () => {
  server.keepsCookies = false;
  await keeper.start(tokenOf('mia'));
  expect(signedIn().session.token).toBe(tokenOf('mia'));
  await keeper.heard('signed-out');
  expect(keeper.state().kind).toBe('signed-in');
  server.keepsCookies = true;
  await keeper.signIn(tokenOf('mia', 'large'));
  expect(signedIn().session.token).toBe(tokenOf('mia', 'large'));
});

test('a server that does not answer is asked again, with the token that was handed over', async () => {
  server.isAway = true;
  await keeper.start(tokenOf('mia'));
  expect(keeper.state()).toMatchObject({ kind: 'unreachable', problem: expect.stringContaining('does not answer') });
  server.isAway = false;
  await vi.advanceTimersByTimeAsync(3000);
  expect(signedIn().session.subject).toBe('mia');
});

test('a clock that is ahead of the server’s ends no session', async () => {
  server.lifetimeMs = -minute;
  server.cookie = { subject: 'mia', expiresAt: Date.now() + hour, limit: 0 };
  vi.stubGlobal('fetch', async (...given: Parameters<typeof server.fetch>) => {
    const answer = await server.fetch(...given);
    return answer.ok
      ? Response.json({ ...(await answer.json()), expires_at: new Date(Date.now() - minute).toISOString() })
      : answer;
  });
  await keeper.start();
  await vi.advanceTimersByTimeAsync(10 * minute);
  expect(signedIn().hasEnded).toBe(false);
  expect(server.asked.length).toBeLessThan(60);
});
