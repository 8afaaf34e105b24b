import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
import { z } from 'zod';
import type { EncryptionKey, KeyRing } from './key-ring.ts';

/** The secret fields of one connection, by their name in `connection_config`. */
export type Credentials = Readonly<Record<string, unknown>>;

type CredentialsFailure = 'unknown_key' | 'moved' | 'unreadable';

/** Sealed credentials that cannot be opened. No retry helps: the connection's owner or the operator must act. */
export class CredentialsError extends TailraceError {
  constructor(failure: CredentialsFailure, message: string, help: string) {
    super(message, { code: `credentials.${failure}`, remedy: 'give-up', help });
  }
}

const headerSchema = z.object({
  alg: z.literal('dir'),
  enc: z.literal('A256GCM'),
  kid: z.string(),
  connection: z.string(),
  fields: z.array(z.string()),
});
const credentialsSchema = z.record(z.string(), z.unknown());

/**
 * Seals a connection's credentials as a compact JWE (RFC 7516: `dir`, A256GCM). The connection id stands in the
 * protected header, which is the additional authenticated data: the ciphertext opens for this connection only.
 */
export function sealCredentials(keys: KeyRing, connectionId: string, credentials: Credentials): Promise<string> {
  return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(credentials)))
    .setProtectedHeader({
      alg: 'dir',
      enc: 'A256GCM',
      kid: keys.newest.id,
      connection: connectionId,
      fields: Object.keys(credentials),
    })
    .encrypt(keys.newest.bytes);
}

/**
 * Opens what was sealed for this connection.
 * @throws CredentialsError `credentials.unknown_key` when none of our keys sealed it, `credentials.moved` when it was
 * sealed for another connection, `credentials.unreadable` when it was changed or is no JWE of ours.
 */
export async function openCredentials(keys: KeyRing, connectionId: string, sealed: string): Promise<Credentials> {
  const header = headerOf(sealed);
  if (header.connection !== connectionId) {
    throw new CredentialsError(
      'moved',
      `these credentials were sealed for another connection than ${connectionId}`,
      'Enter the credentials of this connection again.',
    );
  }
  return decrypt(keyOf(keys, header.kid), sealed);
}

/** Names of the sealed fields, readable without a key. @throws CredentialsError */
export function sealedFields(sealed: string): readonly string[] {
  return headerOf(sealed).fields;
}

/** Whether `resealCredentials` would change it. @throws CredentialsError */
export function isSealedWithNewest(keys: KeyRing, sealed: string): boolean {
  return headerOf(sealed).kid === keys.newest.id;
}

/** Rotation: seals again, with the newest key. @throws CredentialsError as `openCredentials` does. */
export async function resealCredentials(keys: KeyRing, connectionId: string, sealed: string): Promise<string> {
  return sealCredentials(keys, connectionId, await openCredentials(keys, connectionId, sealed));
}

function headerOf(sealed: string): z.output<typeof headerSchema> {
  try {
    return headerSchema.parse(decodeProtectedHeader(sealed));
  } catch {
    throw unreadable();
  }
}

function keyOf(keys: KeyRing, id: string): EncryptionKey {
  const key = keys.find(id);
  if (key !== undefined) return key;
  throw new CredentialsError(
    'unknown_key',
    `these credentials were sealed with the key ${id}, which CREDENTIAL_ENCRYPTION_KEY does not hold`,
    'Add the older key after the newest one, separated by a comma, or enter the credentials again.',
  );
}

async function decrypt(key: EncryptionKey, sealed: string): Promise<Credentials> {
  try {
    const { plaintext } = await compactDecrypt(sealed, key.bytes, {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    return credentialsSchema.parse(JSON.parse(new TextDecoder().decode(plaintext)));
  } catch {
    throw unreadable();
  }
}

/** The cause is left out on purpose: a parser's message would quote the plaintext. */
function unreadable(): CredentialsError {
  return new CredentialsError(
    'unreadable',
    'these credentials were changed after they were sealed',
    'Enter the credentials again.',
  );
}
