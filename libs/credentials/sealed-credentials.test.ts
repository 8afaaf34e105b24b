import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { Secret } from '@tailrace/config/secret.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openKeyRing } from './key-ring.ts';
import {
  isSealedWithNewest,
  openCredentials,
  resealCredentials,
  sealCredentials,
  sealedFields,
} from './sealed-credentials.ts';

const older = randomBytes(32).toString('base64url');
const newer = `${randomBytes(32).toString('base64url')}=`;
const keys = openKeyRing(new Secret(older));
const credentials = { secret_access_key: 'hunter2', nested: { key: 'hunter2', list: [1, null] } };

describe('sealed credentials', () => {
  it('opens for its connection and shows nothing of itself', async () => {
    const sealed = await sealCredentials(keys, 'conn_a', credentials);
    expect(await openCredentials(keys, 'conn_a', sealed)).toEqual(credentials);
    expect(sealed).not.toContain('hunter2');
    expect(sealedFields(sealed)).toEqual(['secret_access_key', 'nested']);
    expect(await sealCredentials(keys, 'conn_a', credentials)).not.toBe(sealed);
  });

  it('is refused under another connection', async () => {
    const sealed = await sealCredentials(keys, 'conn_a', credentials);
    await expect(openCredentials(keys, 'conn_b', sealed)).rejects.toMatchObject({
      code: 'credentials.moved',
      remedy: 'give-up',
    });
  });

  it('is refused when its header was rewritten to another connection', async () => {
    const [header = '', ...rest] = (await sealCredentials(keys, 'conn_a', credentials)).split('.');
    const claims = JSON.parse(Buffer.from(header, 'base64url').toString());
    const forged = Buffer.from(JSON.stringify({ ...claims, connection: 'conn_b' })).toString('base64url');
    await expect(openCredentials(keys, 'conn_b', [forged, ...rest].join('.'))).rejects.toMatchObject({
      code: 'credentials.unreadable',
    });
  });

  it('is refused when any character of it was changed', async () => {
    const sealed = await sealCredentials(keys, 'conn_a', credentials);
    await fc.assert(
      fc.asyncProperty(fc.nat(sealed.length - 1), fc.constantFrom('A', 'b', '-', '9', '.'), async (at, char) => {
        const changed = sealed.slice(0, at) + char + sealed.slice(at + 1);
        // The last character of a base64url part may hold bits that mean nothing.
        fc.pre(
          changed
            .split('.')
            .map((part) => Buffer.from(part, 'base64url').toString('hex'))
            .join() !==
            sealed
              .split('.')
              .map((part) => Buffer.from(part, 'base64url').toString('hex'))
              .join(),
        );
        await expect(openCredentials(keys, 'conn_a', changed)).rejects.toMatchObject({
          code: expect.stringMatching(/^credentials\./),
        });
      }),
    );
  });

  it('says which key is missing', async () => {
    const sealed = await sealCredentials(openKeyRing(new Secret(newer)), 'conn_a', credentials);
    const error = await openCredentials(keys, 'conn_a', sealed).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'credentials.unknown_key',
      message: expect.stringContaining(openKeyRing(new Secret(newer)).newest.id),
    });
  });

  it('rotates: both keys open, the newest seals, the old one can then go', async () => {
    const both = openKeyRing(new Secret(`${newer}, ${older}`));
    const old = await sealCredentials(keys, 'conn_a', credentials);
    expect(isSealedWithNewest(both, old)).toBe(false);
    const resealed = await resealCredentials(both, 'conn_a', old);
    expect(isSealedWithNewest(both, resealed)).toBe(true);
    expect(await openCredentials(openKeyRing(new Secret(newer)), 'conn_a', resealed)).toEqual(credentials);
  });

  it.each(['', 'short', `${older},`, `${older},nonsense`, `${older}x`, older.replace(/.$/, '!')])(
    'refuses the key setting %j without printing it',
    (setting) => {
      const refuse = () => openKeyRing(new Secret(setting));
      expect(refuse).toThrow(/is not 32 bytes in url-safe base64/);
      try {
        refuse();
      } catch (error) {
        expect(inspect(error)).not.toContain(older.slice(0, 20));
      }
    },
  );

  it.each(['', 'junk', 'a.b.c.d.e', 'eyJhbGciOiJub25lIn0....', `${'x'.repeat(100_000)}`])(
    'refuses %.20j',
    async (sealed) => {
      await expect(openCredentials(keys, 'conn_a', sealed)).rejects.toMatchObject({ code: 'credentials.unreadable' });
    },
  );
});
