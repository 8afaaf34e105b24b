import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { z } from 'zod';
import { makePrivate } from './private-directory.ts';
import { identityOf, isAlive } from './process-identity.ts';

const ownerSchema = z.object({ pid: z.number().int().positive(), startedAt: z.string() });

/**
 * Makes this process the only one that works in a directory, until it releases it or ends in any way.
 * @returns the release, idempotent
 * @throws {TailraceError} `dev_stack.in_use` when a living process has it
 */
export function lockDirectory(directory: string): () => void {
  const file = join(directory, 'owner.json');
  const own = JSON.stringify(identityOf(process.pid));
  makePrivate(directory);
  if (!tryCreate(file, own)) {
    const owner = readOwner(file);
    if (owner !== undefined && isAlive(owner)) {
      throw new TailraceError(`${directory} is in use by process ${owner.pid}.`, {
        code: 'dev_stack.in_use',
        remedy: 'give-up',
        help: `Tailrace is already running here: stop it first (kill ${owner.pid}).`,
      });
    }
    rmSync(file, { force: true });
    // Another process may have taken the abandoned lock in between; then that one has it.
    if (!tryCreate(file, own)) return lockDirectory(directory);
  }
  return () => {
    if (readFile(file) === own) rmSync(file, { force: true });
  };
}

function tryCreate(file: string, content: string): boolean {
  try {
    writeFileSync(file, content, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function readOwner(file: string): z.infer<typeof ownerSchema> | undefined {
  try {
    return ownerSchema.parse(JSON.parse(readFile(file) ?? ''));
  } catch {
    return undefined;
  }
}

function readFile(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
