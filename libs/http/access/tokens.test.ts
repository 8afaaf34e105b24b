import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Secret } from '@tailrace/config/secret.ts';
import { idPrefixes } from '@tailrace/log-record/id-prefixes.ts';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTokenVerifier, signToken } from './tokens.ts';

const jwtSecret = new Secret('a secret of at least thirty-two bytes');
const claims = { subject: 'ada', projects: ['demo'], role: 'editor' } as const;
const verify = createTokenVerifier({ jwtSecret, jwtAudience: 'tailrace', jwtIssuer: 'https://id.example' });
const accepted = { expiresInSeconds: 60, audience: 'tailrace', issuer: 'https://id.example' };

/** Moduli of that many bits; nobody has their keys. */
const modulus = (bits: number) => Buffer.alloc(bits / 8, 0xc5).toString('base64url');
const [smallKey, hugeKey] = [modulus(1024), modulus(16_384)];
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const unsigned = (header: object, payload: object) => `${encode(header)}.${encode(payload)}.`;
const refused = (detail: RegExp) => ({ status: 401, message: expect.stringMatching(detail) });

describe('createTokenVerifier with a secret', () => {
  it('says who calls and until when', async () => {
    const principal = await verify(await signToken(jwtSecret, claims, accepted));
    expect(principal).toMatchObject({ subject: 'ada', projects: ['demo'], role: 'editor' });
    expect(Math.abs(principal.expiresAt - Date.now() - 60_000)).toBeLessThan(5000);
  });

  it('refuses what is expired, for somebody else, or signed otherwise', async () => {
    await expect(
      verify(await signToken(jwtSecret, claims, { ...accepted, expiresInSeconds: -60 })),
    ).rejects.toMatchObject(refused(/expired/));
    await expect(verify(await signToken(jwtSecret, claims, { ...accepted, audience: 'other' }))).rejects.toMatchObject(
      refused(/claim aud/),
    );
    await expect(verify(await signToken(jwtSecret, claims, { ...accepted, issuer: 'other' }))).rejects.toMatchObject(
      refused(/claim iss/),
    );
    await expect(
      verify(await signToken(new Secret('another secret of thirty-two bytes!!'), claims, accepted)),
    ).rejects.toMatchObject(refused(/not valid/));
    await expect(verify('junk')).rejects.toMatchObject(refused(/not valid/));
    await expect(verify('a.b.c')).rejects.toMatchObject(refused(/not valid/));
  });

  it('names the project whose id looks like one of our own, and how that begins', async () => {
    const token = await signToken(jwtSecret, { ...claims, projects: ['demo', 'alert_ops'] }, accepted);
    await expect(verify(token)).rejects.toMatchObject(refused(/projects\.1: must not begin with alert_/));
  });

  it('refuses a token that has expired since it was found valid', async () => {
    const token = await signToken(jwtSecret, claims, accepted);
    const principal = await verify(token);
    expect(await verify(token)).toBe(principal);
    vi.setSystemTime(principal.expiresAt + 60_000);
    try {
      await expect(verify(token)).rejects.toMatchObject(refused(/expired/));
    } finally {
      vi.useRealTimers();
    }
  });

  it('looks at no token longer than 8192 characters', async () => {
    const projects = Array.from({ length: 900 }, (_, index) => `project-${index}`);
    const token = await signToken(jwtSecret, { ...claims, projects }, accepted);
    await expect(verify(token)).rejects.toMatchObject(refused(/longer than 8192/));
  });

  it('takes any audience where the operator says so', async () => {
    const anyAudience = createTokenVerifier({ jwtSecret, jwtAudience: '*' });
    expect(
      await anyAudience(await signToken(jwtSecret, claims, { expiresInSeconds: 60, audience: 'x' })),
    ).toBeDefined();
  });

  it('cannot be made without a key', () => {
    expect(() => createTokenVerifier({})).toThrow(/no way to check tokens/);
  });

  it('refuses alg none in every spelling', async () => {
    const payload = {
      sub: 'ada',
      projects: ['demo'],
      role: 'admin',
      exp: 9_999_999_999,
      aud: 'tailrace',
      iss: 'https://id.example',
    };
    for (const alg of ['none', 'None', 'NONE'])
      await expect(verify(unsigned({ alg }, payload))).rejects.toMatchObject({ status: 401 });
  });

  it('refuses a token without expiry or with claims of another shape', async () => {
    const sign = (payload: Record<string, unknown>) =>
      new SignJWT(payload).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(jwtSecret.reveal()));
    const base = {
      aud: 'tailrace',
      iss: 'https://id.example',
      sub: 'ada',
      projects: ['demo'],
      role: 'viewer',
      exp: 9_999_999_999,
    };
    await expect(verify(await sign(base))).resolves.toMatchObject({ subject: 'ada' });
    const wrong = [
      { exp: undefined },
      { sub: undefined },
      { projects: 'demo' },
      { projects: ['../x'] },
      ...Object.values(idPrefixes).map((prefix) => ({ projects: ['shop', `${prefix}ops`] })),
      { role: 'root' },
      { role: undefined },
    ];
    for (const change of wrong)
      await expect(verify(await sign({ ...base, ...change })), JSON.stringify(change)).rejects.toMatchObject({
        status: 401,
      });
  });
});

describe('createTokenVerifier with a key set', () => {
  let url = '';
  let reachable = true;
  let publicPem = '';
  let privateKey: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];
  const server = createServer((_request, response) => {
    response.statusCode = reachable ? 200 : 500;
    response.end(keySet);
  });
  let keySet = '';

  beforeAll(async () => {
    const pair = await generateKeyPair('RS256', { extractable: true });
    privateKey = pair.privateKey;
    publicPem = await exportSPKI(pair.publicKey);
    keySet = JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k1' }] });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const address: AddressInfo | string | null = server.address();
    url = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}/jwks` : '';
  });
  afterAll(() => server.close());

  const payload = { projects: ['demo'], role: 'viewer', sub: 'ada' };
  const sign = (kid: string) =>
    new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid }).setExpirationTime('1m').sign(privateKey);

  it('accepts the provider and nobody else', async () => {
    const check = createTokenVerifier({ jwtJwksUrl: url });
    expect(await check(await sign('k1'))).toMatchObject({ subject: 'ada', role: 'viewer' });
    await expect(check(await sign('k2'))).rejects.toMatchObject({ status: 401 });
    const other = (await generateKeyPair('RS256')).privateKey;
    const forged = await new SignJWT(payload)
      .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
      .setExpirationTime('1m')
      .sign(other);
    await expect(check(forged)).rejects.toMatchObject({ status: 401 });
  });

  it('refuses a withdrawn key once the set is fetched again, and uses the last set while the provider is unreachable', async () => {
    let now = Date.now();
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => now);
    const check = createTokenVerifier({ jwtJwksUrl: url });
    const token = await new SignJWT(payload)
      .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
      .setExpirationTime(Math.floor(now / 1000) + 7200)
      .sign(privateKey);
    const whole = keySet;
    try {
      await check(token);
      now += 61_000;
      reachable = false;
      expect(await check(token)).toMatchObject({ subject: 'ada' });
      now += 600_000;
      await expect(check(token)).rejects.toMatchObject({ status: 503 });
      reachable = true;
      keySet = JSON.stringify({ keys: [] });
      await expect(check(token)).rejects.toMatchObject({ status: 401 });
    } finally {
      clock.mockRestore();
      keySet = whole;
      reachable = true;
    }
  });

  it.each([1024, 16_384])('refuses a token signed with an RSA key of %i bits', async (bits) => {
    const pair = { 1024: smallKey, 16384: hugeKey }[bits] ?? '';
    const whole = keySet;
    keySet = JSON.stringify({ keys: [{ kty: 'RSA', e: 'AQAB', n: pair, kid: 'k9' }] });
    try {
      const signed = `${encode({ alg: 'RS256', kid: 'k9' })}.${encode({ ...payload, exp: 9_999_999_999 })}.${'A'.repeat(20)}`;
      await expect(createTokenVerifier({ jwtJwksUrl: url })(signed)).rejects.toMatchObject(
        refused(/RSA key of \d+ bits/),
      );
    } finally {
      keySet = whole;
    }
  });

  it('refuses the public key used as an HMAC secret', async () => {
    const signed = `${encode({ alg: 'HS256', kid: 'k1' })}.${encode({ ...payload, exp: 9_999_999_999 })}`;
    const forged = `${signed}.${createHmac('sha256', publicPem).update(signed).digest('base64url')}`;
    await expect(createTokenVerifier({ jwtJwksUrl: url })(forged)).rejects.toMatchObject({ status: 401 });
  });

  it('says 503, not 401, when the key set cannot be fetched', async () => {
    reachable = false;
    await expect(createTokenVerifier({ jwtJwksUrl: url })(await sign('k1'))).rejects.toMatchObject({ status: 503 });
    reachable = true;
  });
});
