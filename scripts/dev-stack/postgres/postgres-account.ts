import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';

/** As whom PostgreSQL's programs run, and how they are called so that they do. */
export interface PostgresAccount {
  /** The user and group that must own the data; undefined: our own. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  /** The command line that runs a program as that user. */
  command(file: string, args: readonly string[]): { file: string; args: readonly string[]; uid?: number; gid?: number };
}

/** Users that PostgreSQL can run as in root's place; the second exists on every Unix. */
const UNPRIVILEGED_USERS = ['postgres', 'nobody'];

/**
 * PostgreSQL refuses to run as root. When we are root (usual in containers), it runs as an unprivileged user that exists
 * already: nothing is added to the machine. That user must be able to reach the given directories. Below /root it is not;
 * there PostgreSQL runs in a user namespace, in which root's own files belong to that user (unshare of util-linux 2.38).
 * @throws {TailraceError} `dev_stack.no_account` when no such user exists, or it cannot reach a directory in either way
 */
export function postgresAccount(directories: readonly string[]): PostgresAccount {
  if (process.getuid?.() !== 0) return { owner: undefined, command: (file, args) => ({ file, args }) };
  const user = findUser(UNPRIVILEGED_USERS);
  if (user === undefined) throw noAccount(`none of the users ${UNPRIVILEGED_USERS.join(', ')} exists`);
  const barrier = directories.map(findBarrier).find((directory) => directory !== undefined);
  if (barrier === undefined) return { owner: user, command: (file, args) => ({ file, args, ...user }) };
  const namespace = ['--user', `--map-user=${user.uid}`, `--map-group=${user.gid}`, '--'];
  if (!works('unshare', [...namespace, 'true'])) throw noAccount(`${barrier} is closed to other users`);
  return { owner: undefined, command: (file, args) => ({ file: 'unshare', args: [...namespace, file, ...args] }) };
}

function findUser(names: readonly string[]): { uid: number; gid: number } | undefined {
  const entries = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const wanted of names) {
    const entry = entries.find(([name]) => name === wanted);
    if (entry !== undefined) return { uid: Number(entry[2]), gid: Number(entry[3]) };
  }
  return undefined;
}

/** The first directory on the way up that others may not pass. */
function findBarrier(directory: string): string | undefined {
  if ((statSync(directory).mode & 0o001) === 0) return directory;
  const parent = dirname(directory);
  return parent === directory ? undefined : findBarrier(parent);
}

function works(file: string, args: readonly string[]): boolean {
  try {
    execFileSync(file, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function noAccount(reason: string): TailraceError {
  return new TailraceError(`PostgreSQL does not run as root, and here it can run as no other user: ${reason}.`, {
    code: 'dev_stack.no_account',
    remedy: 'give-up',
    help: 'Run Tailrace as an ordinary user, or from a directory that others may enter (such as /opt), or set DATABASE_URL.',
  });
}
