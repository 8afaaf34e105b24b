import { createHash } from 'node:crypto';
import type { Secret } from '@tailrace/config/secret.ts';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';

/** One symmetric key and the id that sealed credentials name it by. */
export interface EncryptionKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** The keys of CREDENTIAL_ENCRYPTION_KEY. The newest seals; all open. */
export interface KeyRing {
  readonly newest: EncryptionKey;
  find(id: string): EncryptionKey | undefined;
}

/**
 * Reads one or more 32-byte keys in url-safe base64, newest first, separated by commas.
 * @throws TailraceError `credentials.invalid_key`, which names the place of the bad key and never the key.
 */
export function openKeyRing(setting: Secret): KeyRing {
  const keys = setting
    .reveal()
    .split(',')
    .map((text, index) => readKey(text.trim(), index));
  const [newest] = keys;
  if (newest === undefined) throw invalidKey(0);
  return { newest, find: (id) => keys.find((key) => key.id === id) };
}

function readKey(text: string, index: number): EncryptionKey {
  const bytes = Buffer.from(text, 'base64url');
  if (!/^[\w-]{43}=?$/.test(text) || bytes.length !== 32) throw invalidKey(index);
  return { id: thumbprint(bytes), bytes: new Uint8Array(bytes) };
}

/** RFC 7638 thumbprint of the key as an `oct` JWK: the same id in every process, revealing nothing of the key. */
function thumbprint(bytes: Buffer): string {
  const jwk = JSON.stringify({ k: bytes.toString('base64url'), kty: 'oct' });
  return createHash('sha256').update(jwk).digest('base64url');
}

function invalidKey(index: number): TailraceError {
  return new TailraceError(`key ${index + 1} of CREDENTIAL_ENCRYPTION_KEY is not 32 bytes in url-safe base64`, {
    code: 'credentials.invalid_key',
    remedy: 'give-up',
    help: `Make one with: node -p "crypto.randomBytes(32).toString('base64url')"`,
  });
}
