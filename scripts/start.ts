import { rmSync, writeFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { type RunningProcess, startRoles } from '@tailrace/role/start-roles.ts';
import { startDevStack } from './dev-stack/dev-stack.ts';
import { lockDirectory } from './dev-stack/directory-lock.ts';
import { freePort } from './dev-stack/ports.ts';
import { keepFilesPrivate } from './dev-stack/private-directory.ts';
import { DEMO_PROJECT, DEMO_RULES, prepareDemoProject } from './start/demo-project.ts';
import { readOptions, type StartOptions, USAGE } from './start/options.ts';
import { demoToken, pageAddress } from './start/page-address.ts';
import { resetData } from './start/reset.ts';
import { keptSecrets } from './start/secrets.ts';

/**
 * `npm start`: finds or starts what Tailrace needs, then runs all of it in this process, until Ctrl-C or SIGTERM.
 * What it keeps goes to `.tailrace` in the working directory, which npm makes the project's; `npx tailrace` looks there.
 * package.json limits the young generation to semi-spaces of 16 MB: with V8's own limit a process that idles keeps 110 MB more.
 */
const DIRECTORY = join(process.cwd(), '.tailrace');
const DEFAULT_PORT = 8080;
const READY_POLL_MS = 25;
const DEMO_TOKEN_SECONDS = 300;

const report = (line: string) => console.log(line);

/** Runs until the signal, then undoes what was done, the last first; also when something fails on the way. */
async function run(options: StartOptions, signal: AbortSignal): Promise<void> {
  const cleanUp = new AsyncDisposableStack();
  try {
    await runUntil(options, signal, cleanUp);
  } finally {
    await cleanUp.disposeAsync();
  }
}

async function runUntil(options: StartOptions, signal: AbortSignal, cleanUp: AsyncDisposableStack): Promise<void> {
  keepFilesPrivate();
  cleanUp.defer(lockDirectory(DIRECTORY));
  if (options.reset) await resetData(DIRECTORY, process.env, report);
  const port = await choosePort(options.port);

  // Reading the roles' code takes as long as the servers take to start; so both at once, and compiled code is kept.
  enableCompileCache(join(DIRECTORY, 'compile-cache'));
  const code = Promise.all([import('./start/roles.ts'), import('./start/demo-clouds.ts')]);
  code.catch(() => undefined);
  const stack = await startDevStack({
    directory: DIRECTORY,
    environment: process.env,
    report,
    signal,
    customaryPorts: true,
  });
  cleanUp.defer(() => stack.stop());
  const [{ allRoles }, { startDemoClouds }] = await code;

  const clouds = options.demo ? await startDemoClouds(join(DIRECTORY, 'simulator')) : undefined;
  if (clouds !== undefined) cleanUp.defer(() => clouds.stop());
  const secrets = secretsOf(process.env);
  const allowed = [process.env.CLOUD_ENDPOINT_ALLOWLIST ?? '', ...(clouds?.endpointHosts ?? [])];
  const roles = await startRoles(allRoles, {
    env: {
      HOST: '127.0.0.1',
      LOG_LEVEL: 'warn',
      ...process.env,
      ...secrets,
      KAFKA_BROKERS: stack.kafka.brokers,
      DATABASE_URL: stack.postgres.databaseUrl,
      PORT: String(port),
      CLOUD_ENDPOINT_ALLOWLIST: allowed.filter((host) => host !== '').join(','),
    },
  });
  cleanUp.defer(() => roles.stop());
  await untilReady(roles, signal);

  const url = `http://127.0.0.1:${roles.port}`;
  noteRunning(cleanUp, { url, kafkaBrokers: stack.kafka.brokers.split(',') });
  const signingSecret = secrets.JWT_SECRET ?? process.env.JWT_SECRET;
  if (clouds !== undefined) await prepareDemo(url, signingSecret, clouds.connections);
  announce(url, await pageAddress(url, signingSecret), clouds?.control);
  await Promise.race([aborted(signal), roles.failed]);
  report('Stopping');
}

/** A port that was asked for is used or refused; the usual one may be replaced by another. */
async function choosePort(wanted: number | undefined): Promise<number> {
  const port = await freePort(wanted ?? DEFAULT_PORT);
  if (wanted !== undefined && wanted !== 0 && port !== wanted) {
    throw new TailraceError(`Port ${wanted} is taken.`, {
      code: 'start.port_taken',
      remedy: 'give-up',
      help: 'Stop what uses it, or choose another one: npm start -- --port <number>.',
    });
  }
  if (wanted === undefined && port !== DEFAULT_PORT) report(`HTTP: port ${port}, because ${DEFAULT_PORT} is taken`);
  return port;
}

/** What is given by the environment stays; the rest is made once and kept. */
function secretsOf(environment: NodeJS.ProcessEnv): { JWT_SECRET?: string; CREDENTIAL_ENCRYPTION_KEY?: string } {
  const given = (name: string) => Boolean(environment[name] || environment[`${name}_FILE`]);
  const kept = keptSecrets(DIRECTORY);
  return {
    ...(given('JWT_SECRET') || given('JWT_JWKS_URL') ? {} : { JWT_SECRET: kept.jwtSecret }),
    ...(given('CREDENTIAL_ENCRYPTION_KEY') ? {} : { CREDENTIAL_ENCRYPTION_KEY: kept.credentialEncryptionKey }),
  };
}

async function untilReady(roles: RunningProcess, signal: AbortSignal): Promise<void> {
  await Promise.race([roles.started, roles.failed]);
  while (roles.notReady().length > 0) await Promise.race([delay(READY_POLL_MS, undefined, { signal }), roles.failed]);
}

/** For `npx tailrace` in this directory. */
function noteRunning(cleanUp: AsyncDisposableStack, running: { url: string; kafkaBrokers: string[] }): void {
  const file = join(DIRECTORY, 'running.json');
  writeFileSync(file, `${JSON.stringify(running)}\n`);
  cleanUp.defer(() => rmSync(file, { force: true }));
}

async function prepareDemo(
  url: string,
  secret: string | undefined,
  connections: Parameters<typeof prepareDemoProject>[2],
): Promise<void> {
  if (secret === undefined) {
    report('The demo project is not prepared: tokens for it can be signed only with JWT_SECRET itself.');
    return;
  }
  await prepareDemoProject(url, await demoToken(secret, 'editor', DEMO_TOKEN_SECONDS), connections, DEMO_RULES);
}

function announce(url: string, page: string, control: string | undefined): void {
  report(`\nTailrace is ready at ${url} (API: ${url}/docs)`);
  report(`The live view, signed in:\n\n  ${page}\n`);
  if (control !== undefined) {
    report(`  npx tailrace tail --project ${DEMO_PROJECT}                   shows the simulated clouds' lines`);
    report(`  npx tailrace token --project ${DEMO_PROJECT} --role admin     prints a token for the API`);
    report(`  ${control}                        makes incidents and faults in the simulated clouds`);
  }
  report('Ctrl-C stops it; the data stays in .tailrace until `npm start -- --reset`.\n');
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function main(): Promise<number> {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      // Asked a second time: end now. The servers' guards stop them.
      if (stop.signal.aborted) process.exit(1);
      stop.abort();
    });
  }
  try {
    const options = readOptions(process.argv.slice(2), process.env);
    if (options.help) report(USAGE);
    else await run(options, stop.signal);
    return 0;
  } catch (error) {
    if (stop.signal.aborted) return 0;
    console.error(`\nTailrace cannot run. ${messageOf(error)}`);
    if (error instanceof TailraceError && error.help !== undefined) console.error(error.help);
    return 1;
  }
}

process.exit(await main());
