import { Secret } from '@tailrace/config/secret.ts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createSessionOpener, createSessionVerifier } from './sessions.ts';
import { createTicketVerifier } from './tickets.ts';
import { createTokenVerifier, type Principal, signToken } from './tokens.ts';

const jwtSecret = new Secret('a secret of at least thirty-two bytes');
const ticketSecret = new Secret('another secret of thirty-two bytes or more');
const hour = 3_600_000;
const day = 24 * hour;
const local = { jwtSecret, sessionMaxDays: 7 };
/** As with JWT_JWKS_URL. */
const provided = { ticketSecret, sessionMaxDays: 7 };

function ann(validMs: number, projects: readonly string[] = ['shop']): Principal {
  return { subject: 'ann', projects, role: 'editor', expiresAt: Date.now() + validMs };
}

function cookieValue(cookie: string): string {
  return /^[^=]+=([^;]*)/.exec(cookie)?.[1] ?? '';
}

afterEach(() => vi.useRealTimers());

describe('a session', () => {
  it('is a cookie that no script reads and no other site sends, for the API alone, until it ends', async () => {
    const sessions = createSessionOpener(local);
    const cookie = await sessions.cookieOf(await sessions.begin(ann(hour)), { secure: true });
    expect(cookie).toMatch(
      /^tailrace_session_[0-9a-f]{8}=[\w.-]+; Max-Age=3(600|599); Path=\/api\/v1\/live-logs; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect(await sessions.cookieOf(await sessions.begin(ann(hour)), { secure: false })).not.toContain('Secure');
    expect(await sessions.cookieOf(undefined, { secure: false })).toMatch(
      /^tailrace_session_[0-9a-f]{8}=; Max-Age=0; Path=\/api/,
    );
  });

  it('is taken by another process with the same secret, and by none with another', async () => {
    const sessions = createSessionOpener(local);
    const begun = await sessions.begin(ann(hour));
    const value = cookieValue(await sessions.cookieOf(begun, { secure: false }));
    const read = await createSessionVerifier({ jwtSecret }).verify(value);
    expect(read).toMatchObject({ subject: 'ann', projects: ['shop'], role: 'editor' });
    expect(Math.abs(read.expiresAt - begun.expiresAt)).toBeLessThan(1000);
    await expect(createSessionVerifier({ ticketSecret }).verify(value)).rejects.toThrow('The session is not valid.');
  });

  it('stands beside those of other installations on the host, whose ports a browser does not tell apart', async () => {
    const [one, other] = [createSessionOpener(local), createSessionOpener(provided)];
    const cookies = await Promise.all(
      [one, other].map(async (each) => {
        const [pair] = (await each.cookieOf(await each.begin(ann(hour)), { secure: false })).split(';');
        return pair ?? '';
      }),
    );
    const header = cookies.join('; ');
    for (const [index, settings] of [{ jwtSecret }, { ticketSecret }].entries()) {
      const verifier = createSessionVerifier(settings);
      const value = verifier.valueOf(header) ?? '';
      expect(value).toBe(cookies[index]?.split('=')[1]);
      expect(await verifier.verify(value)).toMatchObject({ subject: 'ann' });
      expect(verifier.valueOf(cookies[1 - index])).toBeUndefined();
    }
    expect(createSessionVerifier({ jwtSecret: ticketSecret }).valueOf(header)).toBeDefined();
  });

  it('hides what it holds', async () => {
    const sessions = createSessionOpener(local);
    const value = cookieValue(await sessions.cookieOf(await sessions.begin(ann(hour)), { secure: false }));
    const text = value
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString('latin1'))
      .join();
    expect(text).not.toMatch(/ann|shop|editor/);
  });

  it('is no token and no ticket, and neither is a session', async () => {
    const sessions = createSessionOpener(local);
    const value = cookieValue(await sessions.cookieOf(await sessions.begin(ann(hour)), { secure: false }));
    await expect(createTokenVerifier({ jwtSecret })(value)).rejects.toMatchObject({ status: 401 });
    await expect(createTicketVerifier({ jwtSecret })(value, 'shop')).rejects.toMatchObject({ status: 401 });
    const token = await signToken(
      jwtSecret,
      { subject: 'ann', projects: ['shop'], role: 'admin' },
      { expiresInSeconds: 60 },
    );
    await expect(createSessionVerifier({ jwtSecret }).verify(token)).rejects.toMatchObject({ status: 401 });
  });

  it.each([['', 'x', 'a.b.c', 'a.b.c.d.e']].flat())('is not %j', async (value) => {
    await expect(createSessionVerifier({ jwtSecret }).verify(value)).rejects.toMatchObject({ status: 401 });
  });

  it('ends when it says so', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const sessions = createSessionOpener(local);
    const value = cookieValue(await sessions.cookieOf(await sessions.begin(ann(hour)), { secure: false }));
    vi.setSystemTime(Date.now() + hour + 1000);
    await expect(createSessionVerifier({ jwtSecret }).verify(value)).rejects.toThrow(
      'The session has ended. Sign in again.',
    );
  });

  it('of more projects than a cookie holds is refused, not lost by the browser', async () => {
    const projects = Array.from({ length: 200 }, (_, index) => `a-project-with-a-long-name-${index}`);
    await expect(createSessionOpener(local).begin(ann(hour, projects))).rejects.toMatchObject({
      status: 422,
      code: 'session.too_large',
    });
  });
});

describe('renewing a session', () => {
  it('of a token of JWT_SECRET goes on from now for as long as the token was valid, up to its limit', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const start = Date.now();
    const sessions = createSessionOpener(local);
    let session = await sessions.begin(ann(hour));
    expect(session.expiresAt).toBe(start + hour);
    for (let now = start; now < start + 7 * day; now += hour / 2) {
      vi.setSystemTime(now);
      session = await sessions.renew(session);
      expect(session.expiresAt).toBe(Math.min(now + hour, start + 7 * day));
    }
    vi.setSystemTime(start + 7 * day - 1);
    expect((await sessions.renew(session)).expiresAt).toBe(start + 7 * day);
  });

  it('gives what began with a token near its end no more than that at a time', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const sessions = createSessionOpener(local);
    const session = await sessions.begin(ann(60_000));
    expect((await sessions.renew(session)).expiresAt).toBe(Date.now() + 60_000);
  });

  it('never outlives a token of an identity provider', async () => {
    const sessions = createSessionOpener(provided);
    const session = await sessions.begin(ann(hour));
    expect(session.renewableUntil).toBe(session.expiresAt);
    expect((await sessions.renew(session)).expiresAt).toBe(session.expiresAt);
  });

  it('is off with SESSION_MAX_DAYS=0, and never shortens a session', async () => {
    const off = createSessionOpener({ jwtSecret, sessionMaxDays: 0 });
    const session = await off.begin(ann(2 * day));
    expect(session.renewableUntil).toBe(session.expiresAt);
    expect((await off.renew(session)).expiresAt).toBe(session.expiresAt);
  });
});
