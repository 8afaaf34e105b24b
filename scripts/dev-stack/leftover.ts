import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { z } from 'zod';
import { isAlive, type ProcessIdentity } from './process-identity.ts';

const STOP_TIMEOUT_MS = 15_000;
const POLL_MS = 40;

const leftoverSchema = z.object({ pid: z.number().int().positive(), startedAt: z.string() });

/**
 * Stops the server that an earlier run left behind in a directory that we have locked: its owner is dead. It may be on
 * its way out already, because its guard stops it. A process that merely has the same pid is left alone.
 * @param name for the message, such as `Kafka`
 * @param stopSignal how this server is asked to stop; it is killed when it has not after 15 s
 */
export async function stopLeftover(
  name: string,
  directory: string,
  stopSignal: NodeJS.Signals,
  report: (line: string) => void,
): Promise<void> {
  const leftover = readLeftover(join(directory, 'server.json'));
  if (leftover === undefined || !isAlive(leftover)) return;
  report(`${name}: an earlier run left one behind (process ${leftover.pid}); stopping it`);
  signalProcess(leftover, stopSignal);
  if (await isGone(leftover)) return;
  signalProcess(leftover, 'SIGKILL');
  if (await isGone(leftover)) return;
  throw new TailraceError(`The ${name} that an earlier run left behind (process ${leftover.pid}) cannot be stopped.`, {
    code: 'dev_stack.leftover',
    remedy: 'give-up',
    help: `Stop process ${leftover.pid} by hand.`,
  });
}

function readLeftover(file: string): ProcessIdentity | undefined {
  try {
    return leftoverSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  try {
    if (isAlive(identity)) process.kill(identity.pid, signal);
  } catch (error) {
    // It ended in between.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

async function isGone(identity: ProcessIdentity): Promise<boolean> {
  for (const deadline = Date.now() + STOP_TIMEOUT_MS; Date.now() < deadline; await delay(POLL_MS)) {
    if (!isAlive(identity)) return true;
  }
  return false;
}
