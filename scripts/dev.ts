import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import { startDevStack } from './dev-stack/dev-stack.ts';
import { freePort } from './dev-stack/ports.ts';
import { keepFilesPrivate, makePrivate } from './dev-stack/private-directory.ts';
import { pageAddress } from './start/page-address.ts';
import { keptSecrets } from './start/secrets.ts';

/**
 * `npm run dev`: what `npm start` runs, for who changes it. Kafka and PostgreSQL keep running; the roles start again when a
 * file that they import has changed; the page is served by Vite, with hot reload, against these roles. Ctrl-C ends all of it.
 * Arguments go to `scripts/start.ts`.
 */
const ROOT = join(import.meta.dirname, '..');
const DIRECTORY = join(ROOT, '.tailrace');
const API_PORT = 8080;
const PAGE_PORT = 5173;

async function run(signal: AbortSignal): Promise<void> {
  keepFilesPrivate();
  makePrivate(DIRECTORY);
  const environment = { ...process.env };
  const report = (line: string) => console.log(line);
  const stack = await startDevStack({ directory: DIRECTORY, environment, report, signal, customaryPorts: true });
  try {
    const secret = process.env.JWT_SECRET ?? keptSecrets(DIRECTORY).jwtSecret;
    const port = await freePort(API_PORT);
    const pagePort = await freePort(PAGE_PORT, [port]);
    const env = {
      ...environment,
      KAFKA_BROKERS: stack.kafka.brokers,
      DATABASE_URL: stack.postgres.databaseUrl,
      TAILRACE_URL: `http://127.0.0.1:${port}`,
    };
    const start = ['--watch', '--watch-preserve-output', '--max-semi-space-size=16', 'scripts/start.ts'];
    const vite = [join('node_modules', 'vite', 'bin', 'vite.js'), 'apps/web', '--host', '127.0.0.1', '--strictPort'];
    const children = [
      child([...start, '--port', String(port), ...process.argv.slice(2)], env),
      child([...vite, '--port', String(pagePort), '--logLevel', 'warn'], env),
    ];
    report(
      `\nThe page with hot reload, signed in once the roles are ready:\n\n  ${await pageAddress(`http://127.0.0.1:${pagePort}`, secret)}\n`,
    );
    const stop = () => {
      for (const each of children) each.kill('SIGTERM');
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    await Promise.race(children.map(ended));
    stop();
    await Promise.all(children.map(ended));
  } finally {
    await stack.stop();
  }
}

/** A process of its own group, so that a terminal's Ctrl-C reaches it only through this one: the servers outlive the roles. */
function child(args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'inherit', 'inherit'], detached: true });
}

function ended(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    process.once('close', () => resolve());
  });
}

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop.abort());
try {
  await run(stop.signal);
} catch (error) {
  if (!stop.signal.aborted) {
    console.error(`\nnpm run dev cannot go on. ${messageOf(error)}`);
    process.exitCode = 1;
  }
}
