import { createPublicKey, generateKeyPair, randomUUID, verify } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

const keyFile = z.object({
  type: z.literal('service_account'),
  project_id: z.string(),
  private_key_id: z.string(),
  private_key: z.string(),
  client_email: z.string(),
  client_id: z.string(),
  token_uri: z.string(),
});

/** A service account's key file. */
export type ServiceAccount = z.infer<typeof keyFile>;

/** Accounts with a key that was made for this process, or is kept in the directory. Both have the same key. */
export async function serviceAccounts(
  project: string,
  directory?: string,
): Promise<{ readonly active: ServiceAccount; readonly denied: ServiceAccount }> {
  const active = await activeAccount(project, directory);
  return { active, denied: { ...active, client_email: `denied@${project}.iam.gserviceaccount.com` } };
}

async function activeAccount(project: string, directory: string | undefined): Promise<ServiceAccount> {
  const path = directory === undefined ? undefined : join(directory, 'service-account.json');
  if (path !== undefined && existsSync(path)) return keyFile.parse(JSON.parse(readFileSync(path, 'utf8')));
  const account: ServiceAccount = {
    type: 'service_account',
    project_id: project,
    private_key_id: randomUUID().replaceAll('-', ''),
    private_key: await privateKey(),
    client_email: `tailrace@${project}.iam.gserviceaccount.com`,
    client_id: '100000000000000000000',
    token_uri: 'https://oauth2.googleapis.com/token',
  };
  if (directory !== undefined && path !== undefined) {
    mkdirSync(directory, { recursive: true });
    writeFileSync(path, JSON.stringify(account, undefined, 2), { mode: 0o600 });
  }
  return account;
}

let made: Promise<string> | undefined;

/** RSA, as RS256 wants it. Making one takes a while, so a process makes one only. */
function privateKey(): Promise<string> {
  made ??= promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).then((pair) => pair.privateKey);
  return made;
}

/**
 * The account that signed a bearer token, if one of these did. It is the self-signed JWT that the client library makes
 * of a key file. Source: Google AIP-4111.
 */
export function signerOf(token: string, accounts: readonly ServiceAccount[]): ServiceAccount | undefined {
  const [head = '', body = '', signature = ''] = token.split('.');
  const claims = z.object({ iss: z.string() }).safeParse(parseJson(Buffer.from(body, 'base64url').toString()));
  const account = accounts.find((known) => known.client_email === claims.data?.iss);
  if (account === undefined) return undefined;
  const key = createPublicKey(account.private_key);
  const good = verify('RSA-SHA256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'));
  return good ? account : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
