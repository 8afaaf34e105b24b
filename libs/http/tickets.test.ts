import { Secret } from '@tailrace/config/secret.ts';
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

  it('need a secret', () => {
    expect(() => createTicketSigner({})).toThrow(/no secret to sign/);
  });
});
