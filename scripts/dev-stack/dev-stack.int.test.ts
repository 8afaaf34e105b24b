import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DevKafka, DevServer, DevServerOptions } from './dev-server.ts';
import { startKafka } from './kafka/kafka.ts';
import { isKafkaReady } from './kafka/kafka-probe.ts';
import { startLocalKafka } from './kafka/local-kafka.ts';
import { startPostgres } from './postgres/postgres.ts';

let directory = '';
let lines: string[] = [];
const servers: DevServer[] = [];
const programs: ChildProcess[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stack-'));
  lines = [];
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  await Promise.all(programs.splice(0).map(endProgram));
  rmSync(directory, { recursive: true, force: true });
});

/** Has the server stopped after the test, however the test goes. */
async function owned<S extends DevServer>(start: Promise<S>): Promise<S> {
  const server = await start;
  servers.push(server);
  return server;
}

/** No environment: the servers are our own, whatever this machine's environment names. */
function options(name: string): DevServerOptions {
  return { directory: join(directory, name), environment: {}, report: (line) => lines.push(line) };
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

const portOf = (kafka: DevKafka) => Number(kafka.brokers.split(':')[1]);

describe('PostgreSQL', () => {
  test('keeps its data, its address and its password over a kill -9, a restart and a new start', async () => {
    const first = await owned(startPostgres(options('postgres')));
    await query(first.databaseUrl, 'CREATE TABLE kept AS SELECT 1 AS id');
    await first.kill9();
    await expect(query(first.databaseUrl, 'SELECT 1')).rejects.toThrow();
    await first.restart();
    expect(await query(first.databaseUrl, 'SELECT id FROM kept')).toEqual([{ id: 1 }]);
    await first.restart();
    await first.stop();
    await first.stop();

    const started = Date.now();
    const second = await owned(startPostgres(options('postgres')));
    console.log(`PostgreSQL warm start: ${Date.now() - started} ms`);
    expect(second.databaseUrl).toBe(first.databaseUrl);
    expect(await query(second.databaseUrl, 'SELECT id FROM kept')).toEqual([{ id: 1 }]);
  });

  test('starts again after a kill -9 while a session was writing', async () => {
    const postgres = await owned(startPostgres(options('postgres')));
    const session = new pg.Client({ connectionString: postgres.databaseUrl });
    session.on('error', () => {});
    await session.connect();
    const busy = session.query('SELECT pg_sleep(60)').catch(() => 'cut');
    await postgres.kill9();
    await postgres.restart();
    expect(await busy).toBe('cut');
    expect(await query(postgres.databaseUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('is started again when someone else kills it', async () => {
    const postgres = await owned(startPostgres(options('postgres')));
    const { pid } = JSON.parse(readFileSync(join(directory, 'postgres', 'server.json'), 'utf8'));
    process.kill(pid, 'SIGKILL');
    await until(() => lines.some((line) => /SIGKILL by itself; starting it again/.test(line)));
    await until(() => query(postgres.databaseUrl, 'SELECT 1').then(Boolean, () => false));
  });

  test('leaves no process when it is stopped while it is started again', async () => {
    const postgres = await owned(startPostgres(options('postgres')));
    const { pid } = JSON.parse(readFileSync(join(directory, 'postgres', 'server.json'), 'utf8'));
    process.kill(pid, 'SIGKILL');
    await until(() => lines.some((line) => /starting it again/.test(line)));
    await postgres.stop();
    await expect(query(postgres.databaseUrl, 'SELECT 1')).rejects.toThrow();
    const again = await owned(startPostgres(options('postgres')));
    expect(await query(again.databaseUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('refuses a second start in the same directory', async () => {
    await owned(startPostgres(options('postgres')));
    await expect(startPostgres(options('postgres'))).rejects.toThrow(`in use by process ${process.pid}`);
  });
});

describe('Kafka', () => {
  test('keeps its cluster and its address over a kill -9, a restart and a new start', async () => {
    const first = await owned(startKafka(options('kafka')));
    const cluster = readFileSync(join(directory, 'kafka', 'data', 'meta.properties'), 'utf8');
    await first.kill9();
    expect(await isKafkaReady(portOf(first))).toBe(false);
    await first.restart();
    await until(() => isKafkaReady(portOf(first)));
    await first.stop();
    await first.stop();

    const started = Date.now();
    const second = await owned(startKafka(options('kafka')));
    console.log(`Kafka warm start: ${Date.now() - started} ms`);
    expect(second.brokers).toBe(first.brokers);
    expect(readFileSync(join(directory, 'kafka', 'data', 'meta.properties'), 'utf8')).toBe(cluster);
  });

  test('takes another port on the same data when something has taken the old one', async () => {
    const first = await owned(startKafka(options('kafka')));
    await first.stop();
    const intruder = createServer().listen(portOf(first), '127.0.0.1');
    await once(intruder, 'listening');
    const second = await owned(startKafka(options('kafka')));
    expect(second.brokers).not.toBe(first.brokers);
    await until(() => isKafkaReady(portOf(second)));
    intruder.close();
  });

  test('says what to do where a newer Kafka has written the data', async () => {
    // What Kafka 4.0.2 prints over the data of 4.3.1, from a "Java" that prints just that: 4.3.1 is not here to write any.
    const home = join(directory, 'java');
    mkdirSync(join(home, 'bin'), { recursive: true });
    const said =
      "Caused by: org.apache.kafka.common.errors.UnsupportedVersionException: Can't read version 4 of BrokerEndpoint";
    const java = `#!/bin/sh\n[ "$1" = -version ] && echo 'openjdk version "17.0.1"' >&2 && exit 0\necho "${said}" >&2\nexit 1\n`;
    writeFileSync(join(home, 'bin', 'java'), java, { mode: 0o755 });
    mkdirSync(join(directory, 'kafka', 'data'), { recursive: true });
    writeFileSync(join(directory, 'kafka', 'data', 'meta.properties'), 'version=1\n');
    const start = startLocalKafka({ ...options('kafka'), environment: { JAVA_HOME: home } });
    await expect(start).rejects.toMatchObject({
      code: 'dev_stack.newer_data',
      help: expect.stringContaining('npm start -- --reset'),
    });
  });

  test('stops what it had started when the start is aborted', async () => {
    const abort = new AbortController();
    const start = startKafka({ ...options('kafka'), signal: abort.signal });
    await until(() => pidFileExists('kafka'));
    abort.abort();
    await expect(start).rejects.toThrow('aborted');
    expect(processesIn(directory)).toEqual([]);
  });
});

describe('a server that the environment names', () => {
  test('is used as it is, and refused when nothing answers', async () => {
    const own = await owned(startPostgres(options('postgres')));
    const given = await owned(startPostgres({ ...options('unused'), environment: { DATABASE_URL: own.databaseUrl } }));
    expect(given).toMatchObject({ databaseUrl: own.databaseUrl, owned: false });
    await expect(given.kill9()).rejects.toThrow('not ours to kill');
    await given.stop();
    expect(await query(own.databaseUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await own.stop();
    const gone = startPostgres({ ...options('unused'), environment: { DATABASE_URL: own.databaseUrl } });
    await expect(gone).rejects.toThrow('DATABASE_URL is set, but nothing answers at 127.0.0.1:');
  });
});

/** Only Linux shows by /proc which processes work in a directory. */
describe.runIf(process.platform === 'linux')('when the program that started the stack', () => {
  test('the development stack gets SIGTERM, no process is left', async () => {
    const { program } = await startProgram();
    expect(processesIn(directory).length).toBeGreaterThanOrEqual(4);
    program.kill('SIGTERM');
    await once(program, 'exit');
    await until(() => processesIn(directory).length === 0);
  });

  test('the development stack is killed with -9, its servers stop by themselves and the next start works', async () => {
    const first = await startProgram();
    first.program.kill('SIGKILL');
    await until(() => processesIn(directory).length === 0);
    const second = await startProgram();
    expect(second.addresses).toEqual(first.addresses);
  });

  test('the development stack is killed with -9 together with the guards, the next start stops what was left and works', async () => {
    const first = await startProgram();
    for (const { pid, name } of processesIn(directory)) if (name === 'sh') process.kill(pid, 'SIGKILL');
    first.program.kill('SIGKILL');
    await once(first.program, 'exit');
    expect(processesIn(directory).some(({ name }) => name === 'java')).toBe(true);
    const second = await startProgram();
    expect(second.messages()).toContain('an earlier run left one behind');
    expect(second.addresses).toEqual(first.addresses);
    await endProgram(second.program);
    await until(() => processesIn(directory).length === 0);
  });
});

interface Program {
  readonly program: ChildProcess;
  readonly addresses: unknown;
  readonly messages: () => string;
}

async function startProgram(): Promise<Program> {
  const program = spawn(process.execPath, [join(import.meta.dirname, 'stack-process.fixture.ts'), directory], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  programs.push(program);
  let messages = '';
  program.stderr.on('data', (chunk) => {
    messages += chunk;
  });
  const [line] = await Promise.race([
    once(createInterface({ input: program.stdout }), 'line'),
    once(program, 'exit').then(() => Promise.reject(new Error(messages))),
  ]);
  return { program, addresses: JSON.parse(line), messages: () => messages };
}

async function endProgram(program: ChildProcess): Promise<void> {
  if (program.exitCode !== null || program.signalCode !== null) return;
  const exit = once(program, 'exit');
  program.kill('SIGTERM');
  await exit;
}

/** Every process whose working directory is in the given one: the servers, their own children and their guards. */
function processesIn(root: string): { pid: number; name: string }[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        const works = readlinkSync(`/proc/${pid}/cwd`).startsWith(root);
        return works ? [{ pid: Number(pid), name: readFileSync(`/proc/${pid}/comm`, 'utf8').trim() }] : [];
      } catch {
        return [];
      }
    });
}

function pidFileExists(name: string): boolean {
  try {
    return readdirSync(join(directory, name)).includes('server.json');
  } catch {
    return false;
  }
}

/** Waits for a condition; the test's own time limit ends it. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(20);
}
