import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { z } from 'zod';

const KEY_BYTES = 32;
const secretsSchema = z.object({ jwtSecret: z.string().min(1), credentialEncryptionKey: z.string().min(1) });

/** The secrets of an installation on one machine. */
export type Secrets = z.output<typeof secretsSchema>;

/**
 * The secrets of earlier starts, or new ones that only this user may read; credentials that were sealed with a key stay
 * readable as long as the file is kept. `npx tailrace token` reads the same file.
 * @throws {TailraceError} `start.bad_secrets` when the file is damaged
 */
export function keptSecrets(directory: string): Secrets {
  const file = join(directory, 'secrets.json');
  const kept = readIfThere(file);
  if (kept !== undefined) return parse(kept, file);
  const secrets = {
    jwtSecret: randomBytes(KEY_BYTES).toString('base64url'),
    credentialEncryptionKey: randomBytes(KEY_BYTES).toString('base64url'),
  };
  mkdirSync(directory, { recursive: true });
  writeFileSync(file, `${JSON.stringify(secrets, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return secrets;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function parse(text: string, file: string): Secrets {
  try {
    return secretsSchema.parse(JSON.parse(text));
  } catch {
    // Neither the text nor the parser's message goes along: both may hold a secret.
    throw new TailraceError(`${file} is damaged.`, {
      code: 'start.bad_secrets',
      remedy: 'give-up',
      help: 'Put the file back from a copy, or start over with `npm start -- --reset`.',
    });
  }
}
