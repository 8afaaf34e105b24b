import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const scripts = join(import.meta.dirname, '..');
const cli = join(scripts, '..', 'apps', 'cli', 'main.ts');
let directory = '';
const programs: ChildProcess[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'start-'));
});
afterEach(async () => {
  for (const program of programs.splice(0)) {
    if (program.exitCode === null && program.signalCode === null) program.kill('SIGKILL');
  }
  await until(() => processesIn(directory).length === 0);
  rmSync(directory, { recursive: true, force: true });
});

/** As a person's shell: nothing of this test run's own servers. */
function environment(): NodeJS.ProcessEnv {
  const { KAFKA_BROKERS: _, DATABASE_URL: __, PORT: ___, JWT_SECRET: ____, LOG_LEVEL: _____, ...rest } = process.env;
  return rest;
}

interface Run {
  readonly program: ChildProcess;
  readonly startedAt: number;
  /** What it has printed so far. */
  readonly output: () => string;
}

function start(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Run {
  const startedAt = Date.now();
  const program = spawn(process.execPath, [join(scripts, 'start.ts'), ...args], {
    cwd: directory,
    env: { ...environment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  programs.push(program);
  let output = '';
  for (const stream of [program.stdout, program.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  return { program, startedAt, output: () => output };
}

/** Waits until it says that it is ready. Returns its address. */
async function ready(run: Run): Promise<string> {
  await until(() => run.program.exitCode !== null || /is ready at (\S+)/.test(run.output()));
  const url = /is ready at (\S+)/.exec(run.output())?.[1];
  if (url === undefined) throw new Error(run.output());
  return url;
}

/** The printed address serves the page, and its token is good for the demo project. */
async function signsIn(run: Run, url: string): Promise<void> {
  const token = /#token=(\S+)/.exec(run.output())?.[1];
  expect(run.output()).toContain(`${url}/#token=`);
  expect(await (await fetch(`${url}/`)).text()).toContain('<title>Tailrace</title>');
  const answer = await fetch(`${url}/api/v1/live-logs/connections/demo`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(answer.status).toBe(200);
}

async function end(run: Run, signal: NodeJS.Signals): Promise<number | null> {
  const exit = once(run.program, 'exit');
  run.program.kill(signal);
  const [code] = await exit;
  return code;
}

/** Follows the demo project until lines of every wanted cloud have come. Returns when the first one did. */
async function seeLines(clouds: readonly string[]): Promise<number> {
  const tail = spawn(process.execPath, [cli, 'tail', '--project', 'demo', '--json', '--since', '15m'], {
    cwd: directory,
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  programs.push(tail);
  const missing = new Set(clouds);
  let firstAt = 0;
  for await (const line of createInterface({ input: tail.stdout })) {
    firstAt ||= Date.now();
    missing.delete(String(JSON.parse(line).provider));
    if (missing.size === 0) break;
  }
  expect([...missing]).toEqual([]);
  tail.kill('SIGTERM');
  return firstAt;
}

describe.runIf(process.platform === 'linux')('npm start', () => {
  test('npm start shows the lines of three clouds, keeps everything over a stop, and leaves no process', async () => {
    const first = start();
    const url = await ready(first);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    await signsIn(first, url);
    const coldMs = (await seeLines(['aws', 'azure', 'gcp'])) - first.startedAt;
    expect(await end(first, 'SIGTERM')).toBe(0);
    expect(processesIn(directory)).toEqual([]);
    expect(existsSync(join(directory, '.tailrace', 'running.json'))).toBe(false);

    const second = start();
    await ready(second);
    const warmMs = (await seeLines(['aws', 'azure', 'gcp'])) - second.startedAt;
    console.log(`From command to first line: ${coldMs} ms with nothing kept, ${warmMs} ms warm`);
    expect(await end(second, 'SIGINT')).toBe(0);
    expect(processesIn(directory)).toEqual([]);
  });

  test('npm start starts again after kill -9, and after --reset with nothing kept', async () => {
    const first = start();
    await ready(first);
    const secrets = readFileSync(join(directory, '.tailrace', 'secrets.json'), 'utf8');
    await end(first, 'SIGKILL');
    const second = start();
    await ready(second);
    await seeLines(['aws', 'azure', 'gcp']);
    expect(readFileSync(join(directory, '.tailrace', 'secrets.json'), 'utf8')).toBe(secrets);
    await end(second, 'SIGTERM');

    const third = start(['--reset', '--no-demo']);
    await ready(third);
    expect(third.output()).toContain('Deleted the data of earlier starts');
    expect(readFileSync(join(directory, '.tailrace', 'secrets.json'), 'utf8')).not.toBe(secrets);
    expect(existsSync(join(directory, '.tailrace', 'simulator'))).toBe(false);
    await end(third, 'SIGTERM');
  });

  test('npm start refuses to run twice in one directory, and a port that is taken', async () => {
    const intruder = createServer().listen(0, '127.0.0.1');
    await once(intruder, 'listening');
    const address = intruder.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const refused = start(['--port', port, '--no-demo']);
    await once(refused.program, 'exit');
    expect(refused.output()).toContain(`Port ${port} is taken.`);
    expect(refused.program.exitCode).toBe(1);
    intruder.close();

    const first = start(['--no-demo', '--port', '0']);
    await ready(first);
    const second = start(['--no-demo', '--port', '0']);
    await once(second.program, 'exit');
    expect(second.output()).toContain(`in use by process ${first.program.pid}`);
    expect(await end(first, 'SIGTERM')).toBe(0);
  });

  test('npm start stops at once what it has started when it is stopped while it starts', async () => {
    const run = start();
    await until(() => existsSync(join(directory, '.tailrace', 'kafka', 'server.json')));
    expect(await end(run, 'SIGINT')).toBe(0);
    expect(processesIn(directory)).toEqual([]);
  });
});

/** Every process that works in the directory: the servers, their own children and their guards. */
function processesIn(root: string): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`).startsWith(root);
      } catch {
        return false;
      }
    });
}

/** Waits for a condition; the test's own time limit ends it. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(20);
}
