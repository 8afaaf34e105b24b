import { hkdfSync, randomUUID } from 'node:crypto';
import { Secret } from '@tailrace/config/secret.ts';
import { SignJWT } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createTicketSigner, createTicketVerifier } from './tickets.ts';
import { createTokenVerifier, type Principal, signToken } from './tokens.ts';

const settings = { jwtSecret: new Secret('a secret of at least thirty-two bytes') };
const sign = createTicketSigner(settings);
const verify = createTicketVerifier(settings);
const sessionEnd = (Math.floor(Date.now() / 1000) + 3600) * 1000;
const ada: Principal = { subject: 'ada', projects: ['demo', 'other'], role: 'editor', expiresAt: sessionEnd };

afterEach(() => void vi.useRealTimers());

describe('tickets', () => {
  it('admit their holder to one project, until the token they were made from expires', async () => {
    const { ticket, expiresAt } = await sign(ada, 'demo');
    const holder = await verify(ticket, 'demo');
    expect(holder).toMatchObject({
      subject: 'ada',
      projects: ['demo'],
      role: 'editor',
      expiresAt: sessionEnd,
      ticketExpiresAt: expiresAt,
    });
    expect((await verify((await sign(ada, 'demo')).ticket, 'demo')).ticketId).not.toBe(holder.ticketId);
  });

  it('admit to no other project', async () => {
    await expect(verify((await sign(ada, 'demo')).ticket, 'other')).rejects.toMatchObject({ status: 404 });
  });

  it('expire within a minute', async () => {
    const { ticket } = await sign(ada, 'demo');
    vi.useFakeTimers({ now: Date.now() + 60_000 });
    await expect(verify(ticket, 'demo')).rejects.toMatchObject({ status: 401, message: 'The ticket has expired.' });
  });

  it('are no tokens, and tokens are no tickets', async () => {
    const token = await signToken(settings.jwtSecret, ada, { expiresInSeconds: 60, audience: 'tailrace-websocket' });
    await expect(verify(token, 'demo')).rejects.toMatchObject({ status: 401 });
    await expect(createTokenVerifier(settings)((await sign(ada, 'demo')).ticket)).rejects.toMatchObject({
      status: 401,
    });
  });

  it('of another installation, changed, or junk are refused', async () => {
    const other = createTicketSigner({ ticketSecret: new Secret('another secret of thirty-two bytes!!') });
    const { ticket } = await sign(ada, 'demo');
    for (const wrong of [(await other(ada, 'demo')).ticket, `${ticket}x`, 'junk', '']) {
      await expect(verify(wrong, 'demo')).rejects.toMatchObject({ status: 401 });
    }
  });

  it('longer than any of ours are refused unread, although they are signed as they should be', async () => {
    const key = hkdfSync('sha256', settings.jwtSecret.reveal(), '', 'tailrace websocket ticket', 32);
    const padded = (characters: number) =>
      new SignJWT({ project: 'demo', role: 'viewer', session_exp: sessionEnd / 1000, pad: 'x'.repeat(characters) })
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject('ada')
        .setAudience('tailrace-websocket')
        .setJti(randomUUID())
        .setExpirationTime('30s')
        .sign(new Uint8Array(key));
    expect(await verify(await padded(100), 'demo')).toMatchObject({ subject: 'ada' });
    await expect(verify(await padded(2048), 'demo')).rejects.toMatchObject({ status: 401 });
  });

  it('of the longest subject and project are not too long', async () => {
    const longest = { ...ada, subject: 'ü'.repeat(256), projects: ['p'.repeat(64)] };
    expect((await verify((await sign(longest, 'p'.repeat(64))).ticket, 'p'.repeat(64))).subject).toBe(longest.subject);
  });

  it('need a secret', () => {
    expect(() => createTicketSigner({})).toThrow(/no secret to sign/);
  });
});
