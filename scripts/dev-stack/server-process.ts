import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { identityOf } from './process-identity.ts';

const READY_POLL_MS = 40;
const READY_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 15_000;
const LARGEST_LOG_BYTES = 20_000_000;

/**
 * Stops a server when the process that started it is gone, however it went: its standard input ends then.
 * The guard is in a session of its own, as the server is, so that Ctrl-C (which goes to the whole process group) reaches
 * our own process only: it first lets the roles finish their transactions and then stops the servers.
 */
const GUARD = `
read -r end
kill -"$2" "$1" 2>/dev/null || exit 0
for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1; kill -0 "$1" 2>/dev/null || exit 0; done
kill -KILL "$1" 2>/dev/null
`;

/** How to run a server. */
export interface ServerCommand {
  /** For messages, such as `Kafka`. */
  readonly name: string;
  /** Gets `server.json` (the pid) and `server.log` (what the server prints). */
  readonly directory: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** User and group to run as; only a privileged process can choose them. */
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** The signal by which this server stops cleanly and at once. */
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
  /** Asks the server whether it serves requests now. */
  readonly isReady: () => Promise<boolean>;
}

/** A server that was started and answered. */
export interface ServerProcess {
  readonly pid: number;
  /** Resolves when the process has ended, with how. */
  readonly exited: Promise<string>;
  kill9(): Promise<void>;
  /** Asks it to stop, kills it when it has not within 15 s, and resolves when it is gone. */
  stop(): Promise<void>;
}

/**
 * Starts a server and waits until it is ready.
 * @throws {TailraceError} `dev_stack.server_failed` with the last lines of its log when it ends or stays unready for 90 s
 */
export async function startServerProcess(command: ServerCommand, signal?: AbortSignal): Promise<ServerProcess> {
  mkdirSync(command.directory, { recursive: true });
  const log = join(command.directory, 'server.log');
  const logStart = existsSync(log) && statSync(log).size < LARGEST_LOG_BYTES ? statSync(log).size : 0;
  const output = openSync(log, logStart === 0 ? 'w' : 'a');
  const child = spawn(command.file, command.args, {
    cwd: command.directory,
    env: command.env ?? process.env,
    detached: true,
    stdio: ['ignore', output, output],
    ...(command.uid === undefined ? {} : { uid: command.uid, gid: command.gid }),
  });
  closeSync(output);
  const server = await track(child, command);
  try {
    await untilReady(server, command, signal);
    return server;
  } catch (error) {
    await server.stop();
    if (signal?.aborted) throw error;
    const lines = readFileSync(log, 'utf8').slice(logStart).trim().split('\n').slice(-12).join('\n');
    throw new TailraceError(
      `${command.name} did not start: ${error instanceof Error ? error.message : error}\n${lines}`,
      {
        code: 'dev_stack.server_failed',
        remedy: 'give-up',
        help: `The whole log is ${log}.`,
      },
    );
  }
}

async function track(child: ChildProcess, command: ServerCommand): Promise<ServerProcess> {
  const pid = await new Promise<number>((resolve, reject) => {
    child.once('spawn', () => resolve(child.pid ?? 0));
    child.once('error', reject);
  });
  const file = join(command.directory, 'server.json');
  writeFileSync(file, JSON.stringify(identityOf(pid) ?? { pid, startedAt: 'ended at once' }));
  const guard = spawn('/bin/sh', ['-c', GUARD, 'guard', String(pid), command.stopSignal.slice(3)], {
    cwd: command.directory,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, killedBy) => {
      rmSync(file, { force: true });
      guard.once('exit', () =>
        resolve(killedBy === null ? `ended with exit code ${code}` : `was ended by ${killedBy}`),
      );
      guard.kill('SIGKILL');
    });
  });
  // A running server does not keep our process from ending, but one that is about to end is waited for.
  child.unref();
  guard.unref();
  const kill = async (name: NodeJS.Signals) => {
    child.ref();
    guard.ref();
    child.kill(name);
    await exited;
  };
  return {
    pid,
    exited,
    kill9: () => kill('SIGKILL'),
    stop: async () => {
      const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await kill(command.stopSignal);
      clearTimeout(force);
    },
  };
}

async function untilReady(server: ServerProcess, command: ServerCommand, signal?: AbortSignal): Promise<void> {
  let ended: string | undefined;
  server.exited.then((how) => {
    ended = how;
  });
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await command.isReady())) {
    signal?.throwIfAborted();
    if (ended !== undefined) throw new Error(`it ${ended}.`);
    if (Date.now() > deadline) throw new Error(`it did not answer within ${READY_TIMEOUT_MS / 1000} s.`);
    await delay(READY_POLL_MS);
  }
  // Another server on the same address may have answered in its place.
  if (ended !== undefined) throw new Error(`it ${ended}.`);
}
