import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startReceiver } from '@tailrace/channels/test-receiver.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { lineEvent } from '@tailrace/normalise/line-event.ts';
import { testAlert } from '@tailrace/postgres/alerts/test-alerts.ts';
import { testRecord } from '@tailrace/postgres/test-records.ts';
import { role } from '@tailrace/role/role-definition.ts';
import { type RunningProcess, startRoles } from '@tailrace/role/start-roles.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import { deadLetterRecord } from '@tailrace/stream/processing/dead-letter.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePort } from '../../scripts/dev-stack/ports.ts';
import { settings as apiSettings } from '../api/config.ts';
import { start as startApi } from '../api/start.ts';
import { settings as fanoutSettings } from '../fanout/config.ts';
import { start as startFanout } from '../fanout/start.ts';

const jwtSecret = 'a secret of thirty-two bytes or more';
const broker = memoryBroker();
const directory = mkdtempSync(join(tmpdir(), 'cli-'));
let writer: Kafka;
let server: RunningProcess;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
let port = 0;
const children = new Set<ChildProcess>();

/** The server that the commands talk to: the real api and fanout, on an in-memory broker; stored logs are not asked for. */
async function startServer(): Promise<void> {
  const env = {
    JWT_SECRET: jwtSecret,
    CREDENTIAL_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64url'),
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    PORT: String(port),
    HOST: '127.0.0.1',
    NOTIFICATION_ENDPOINT_ALLOWLIST: receiver.host,
  };
  const roles = [role('api', apiSettings, startApi), role('fanout', fanoutSettings, startFanout)];
  server = await startRoles(roles, { env, kafka: broker.connect(), logger: createLogger({ level: 'silent' }) });
  port = server.port;
  await server.started;
}

// Each command is a process of its own, and some tests run eight.
vi.setConfig({ testTimeout: 180_000 });

beforeAll(async () => {
  // One that stays free while the server is down.
  port = await freePort();
  receiver = await startReceiver();
  await startServer();
  writer = broker.connect();
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});
afterAll(async () => {
  await server.stop();
  await writer.close();
  await receiver.close();
  rmSync(directory, { recursive: true });
});

let written = 0;
async function write(body: string, fields: Parameters<typeof testRecord>[1] = {}): Promise<void> {
  written += 1;
  const record = testRecord(written, { body, ...fields });
  const producer = await writer.producer();
  await producer.send([
    {
      topic: topics.logs.name,
      partition: written % topics.logs.partitions,
      key: null,
      value: topics.logs.codec.encode(record),
      headers: { project: record.project_id, connection: record.connection_id },
    },
  ]);
  await producer.close();
}

/** What an ingest process would say of a connection. */
async function writeStatus(id: string, status: Partial<ConnectionStatus>): Promise<void> {
  const value: ConnectionStatus = {
    connection_id: id,
    project_id: 'demo',
    connection_version: 1,
    state: 'running',
    state_since: 0,
    updated_at: 0,
    owner: 'test',
    events: 0,
    bytes: 0,
    requests: 0,
    errors: 0,
    throttles: 0,
    late_events: 0,
    skipped_events: 0,
    events_per_second: 0,
    quiet_since: null,
    held_back: null,
    lag_ms: 0,
    lateness_p50_ms: null,
    lateness_p95_ms: null,
    lateness_p99_ms: null,
    lateness: [],
    last_event_time: null,
    last_event_seen_at: null,
    complete_up_to: null,
    last_error: null,
    rewind: null,
    ...status,
  };
  const { name: topic, partitions, codec } = topics.connectionStatus;
  const producer = await writer.producer();
  const partition = partitionFor(id, partitions);
  await producer.send([{ topic, partition, key: Buffer.from(id), value: codec.encode(value) }]);
  await producer.close();
}

interface Command {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly exit: Promise<number | null>;
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}, input?: string): Command {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], {
    cwd: directory,
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      TAILRACE_URL: `http://127.0.0.1:${port}`,
      JWT_SECRET: jwtSecret,
      ...env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(input);
  children.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const exit = once(child, 'close').then(([code]) => code as number | null);
  return { child, stdout: () => stdout, stderr: () => stderr, exit };
}

async function done(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const command = run(args, env);
  const code = await command.exit;
  return { code, stdout: command.stdout(), stderr: command.stderr() };
}

/** Resolves when the command follows: a line written after that is shown. */
async function following(command: Command, marker: string): Promise<void> {
  await expect
    .poll(
      async () => {
        await write(marker);
        return command.stdout();
      },
      { timeout: 20_000, interval: 200 },
    )
    .toContain(marker);
}

it('tailrace prints its version and nothing else', async () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, 'package.json'), 'utf8'));
  for (const option of ['--version', '-V']) {
    expect(await done([option])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  }
});

describe('token', () => {
  it('prints a token with the claims that were asked for, and nothing else', async () => {
    const { code, stdout, stderr } = await done(['token', '--project', 'demo', '--role', 'admin', '--expires', '1h']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const claims = JSON.parse(Buffer.from(stdout.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ sub: 'cli', projects: ['demo'], role: 'admin' });
    expect(claims.exp - claims.iat).toBe(3600);
  });

  it('carries every project that is named', async () => {
    const { stdout } = await done(['token', '--project', 'demo', '--project', 'shop']);
    expect(JSON.parse(Buffer.from(stdout.split('.')[1] ?? '', 'base64url').toString())).toMatchObject({
      projects: ['demo', 'shop'],
    });
  });

  it('says in words how long it is valid by default', async () => {
    expect((await done(['token', '--help'])).stdout).toMatch(/--expires .*\(default: 12h\)/s);
  });

  it.each([
    ['no project', ['token'], '--project'],
    ['an unknown role', ['token', '--project', 'demo', '--role', 'king'], 'Allowed choices are viewer, editor, admin'],
    ['a duration that is none', ['token', '--project', 'demo', '--expires', 'soon'], 'such as 15m'],
    ['an unknown command', ['tale'], "unknown command 'tale'"],
  ])('exits 2 for %s, and says what is wrong', async (_name, args, message) => {
    const { code, stdout, stderr } = await done(args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
  });

  it('signs with a secret that is mounted as a file', async () => {
    const file = join(directory, 'jwt-secret');
    writeFileSync(file, `${jwtSecret}\n`);
    const { code, stdout } = await done(['token', '--project', 'demo'], { JWT_SECRET: '', JWT_SECRET_FILE: file });
    expect(code).toBe(0);
    const url = `http://127.0.0.1:${port}/api/v1/live-logs/connections/demo`;
    const { status } = await fetch(url, { headers: { authorization: `Bearer ${stdout.trim()}` } });
    expect(status).toBe(200);
  });

  it('exits 2 without a secret, and says where to get one', async () => {
    const { code, stderr } = await done(['token', '--project', 'demo'], { JWT_SECRET: '' });
    expect(code).toBe(2);
    expect(stderr).toContain('Set JWT_SECRET');
  });
});

describe('tail', () => {
  it('shows lines as they come, filtered by the server, and ends with 130 on Ctrl-C', async () => {
    const command = run([
      'tail',
      '--project',
      'demo',
      '--level',
      'error',
      '--filter',
      '/(card|cash) [0-9]+/',
      '--color',
      'always',
    ]);
    await expect
      .poll(
        async () => {
          await write('card 12 refused', { severity_number: 17 });
          return command.stdout();
        },
        { timeout: 20_000, interval: 200 },
      )
      .toContain('card 12 refused');
    await write('card 13 accepted');
    await write('something else', { severity_number: 17 });
    await write('cash 14\u001b[2Jmissing\nsecond line', { severity_number: 21 });
    await expect.poll(command.stdout).toContain('cash 14\\u001b[2Jmissing\n    second line');
    expect(command.stdout()).not.toContain('accepted');
    expect(command.stdout()).not.toContain('something else');
    expect(command.stdout()).toContain('\u001b[31m');
    command.child.kill('SIGINT');
    expect(await command.exit).toBe(130);
  });

  it('gives JSON, and ends by itself with --no-follow', async () => {
    const body = `history ${written}`;
    await write(body, { attributes: { order: '7' } });
    await write(`${body}, left out`, { attributes: { order: '7', zone: 'b' } });
    const { code, stdout, stderr } = await done([
      'tail',
      '--project',
      'demo',
      '--no-follow',
      '--since',
      '5m',
      '--json',
      ...['--attribute', 'order=7', '--attribute', 'order=8'],
      ...['--exclude-attribute', 'zone=a', '--exclude-attribute', 'zone=b'],
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([{ body, attributes: { order: '7' } }]);
  });

  it('says so where the log cannot be read to its end', async () => {
    const failing = broker.failNext({ operation: 'offsets' });
    const { code, stderr } = await done(['tail', '--project', 'demo', '--no-follow', '--since', '5m']);
    await failing.struck;
    expect(code).toBe(1);
    expect(stderr).toContain('the connection broke before everything was read');
  });

  it('connects again by itself where it was, and misses and repeats nothing', async () => {
    const command = run(['tail', '--project', 'demo', '--filter', 'resume']);
    await following(command, 'resume: begins');
    await write('resume: before');
    await expect.poll(command.stdout).toContain('resume: before');
    await server.stop();
    await write('resume: meanwhile');
    await startServer();
    await write('resume: after');
    await expect.poll(command.stdout, { timeout: 20_000 }).toContain('resume: after');
    const shown = command
      .stdout()
      .split('\n')
      .filter((line) => /resume: (before|meanwhile|after)/.test(line));
    expect(shown.map((line) => line.slice(line.indexOf('resume')))).toEqual([
      'resume: before',
      'resume: meanwhile',
      'resume: after',
    ]);
    expect(command.stderr()).toContain('connecting again where it was');
  });

  it('ends quietly when its reader closes the pipe', async () => {
    const command = run(['tail', '--project', 'demo', '--filter', 'pipe']);
    await following(command, 'pipe: begins');
    command.child.stdout?.destroy();
    const writing = setInterval(() => void write('pipe: more'), 50);
    expect(await command.exit).toBe(0);
    clearInterval(writing);
    expect(command.stderr()).toBe('');
  });

  it.each([
    [
      'a project the token does not carry',
      ['tail', '--project', 'other'],
      { TAILRACE_TOKEN: 'demo' },
      2,
      'TAILRACE_TOKEN does not carry the project other',
    ],
    ['a bad token', ['tail', '--project', 'demo'], { TAILRACE_TOKEN: 'abc' }, 1, 'token'],
    [
      'an expression that RE2 does not know',
      ['tail', '--project', 'demo', '--filter', '/(?=a)b/'],
      {},
      2,
      'character 1: (?= is lookaround',
    ],
    ['a time to come', ['tail', '--project', 'demo', '--since', '2999-01-01'], {}, 2, 'in the future'],
    [
      'nobody there',
      ['tail', '--project', 'demo', '--no-follow'],
      { TAILRACE_URL: 'http://127.0.0.1:1' },
      1,
      'ECONNREFUSED',
    ],
    ['an address that is none', ['tail', '--project', 'demo'], { TAILRACE_URL: 'nowhere' }, 2, 'TAILRACE_URL'],
  ])('says what is wrong: %s', async (_name, args, env, status, message) => {
    const token =
      'TAILRACE_TOKEN' in env && env.TAILRACE_TOKEN === 'demo'
        ? (await done(['token', '--project', 'demo'])).stdout.trim()
        : undefined;
    const { code, stderr } = await done(args, { ...env, ...(token !== undefined && { TAILRACE_TOKEN: token }) });
    expect(stderr).toContain(message);
    expect(code).toBe(status);
  });
});

describe('raw', () => {
  const payload = '{"message":"as it came","n":1.0}';
  async function writeRaw(): Promise<string> {
    const { name: topic, codec } = topics.rawAws;
    const { raw } = lineEvent('aws', payload, 1, Date.now());
    const producer = await writer.producer();
    await producer.send([
      { topic, partition: 5, key: null, value: codec.encode({ ...raw, project_id: 'demo', payload }) },
    ]);
    await producer.close();
    return `${topic}/5/${(await writer.admin.offsets(topic, 'last_stable'))[5]! - 1}`;
  }

  it('gives the event as it came, or all that is known of it', async () => {
    const place = await writeRaw();
    expect(await done(['raw', place, '--project', 'demo'])).toEqual({ code: 0, stdout: `${payload}\n`, stderr: '' });
    const { stdout } = await done(['raw', place, '--project', 'demo', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ payload, connection_id: 'conn_file', provider: 'aws' });
  });

  it('says where there is none, and how a place is written', async () => {
    const { code, stderr } = await done(['raw', 'logs.raw.aws/0/999', '--project', 'demo']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('No such resource')]);
    const wrong = await done(['raw', 'logs.raw.aws', '--project', 'demo']);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('logs.raw.aws/3/1042')]);
  });
});

describe('channels', () => {
  const inProject = ['--project', 'demo'];

  it('are added from a file, listed, tested and deleted, and no secret is shown', async () => {
    const file = join(directory, 'channel.json');
    writeFileSync(file, JSON.stringify({ url: `${receiver.url}/hook`, signing_secret: 'hunter2-hunter2-hunter2' }));
    const add = ['channels', 'add', ...inProject, '--type', 'webhook', '--name', 'On call', '--config', file];
    const added = await done(add);
    expect(added).toMatchObject({ code: 0, stderr: '' });
    const id = added.stdout.trim();
    const listed = await done(['channels', 'list', ...inProject]);
    expect(listed.stdout).toMatch(new RegExp(`ID +TYPE +NAME\\n${id} +webhook +On call\\n`));
    const shown = await done(['channels', 'list', ...inProject, '--json']);
    expect(shown.stdout).not.toContain('hunter2');
    expect((await done(['channels', 'test', id, ...inProject])).stdout).toBe('Test message sent: 200 ok\n');
    expect(receiver.received).toHaveLength(1);
    receiver.react(() => ({ status: 404, body: 'gone' }));
    expect(await done(['channels', 'test', id, ...inProject])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('404 gone'),
    });
    expect((await done(['channels', 'delete', id, ...inProject])).code).toBe(0);
    expect((await done(['channels', 'test', id, ...inProject])).code).toBe(2);
  });

  it('with a wrong field are refused with its name', async () => {
    const file = join(directory, 'wrong-channel.json');
    writeFileSync(file, JSON.stringify({ url: 'http://169.254.169.254/' }));
    const add = ['channels', 'add', ...inProject, '--type', 'webhook', '--name', 'x', '--config', file];
    expect(await done(add)).toMatchObject({ code: 1, stderr: expect.stringContaining('channel_config.url') });
  });
});

describe('what people name', () => {
  const inProject = ['--project', 'demo'];
  const file = join(directory, 'named-connection.json');
  let id = '';
  beforeAll(async () => {
    const keys = { access_key_id: 'AKIAIOSFODNN7EXAMPLE', secret_access_key: 'hunter2' };
    writeFileSync(file, JSON.stringify({ ...keys, region: 'eu-central-1', log_group: '/shop' }));
    const add = ['connections', 'add', ...inProject, '--provider', 'aws', '--name', 'Shop output', '--config', file];
    id = (await done(add)).stdout.trim();
  });
  afterAll(async () => {
    await done(['connections', 'delete', id, ...inProject]);
  });

  it('is found by its name, and lines bear the names of their connections', async () => {
    const { stdout } = await done(['connections', 'status', 'shop output', ...inProject]);
    expect(stdout).toContain(id);
    await write('named line', { connection_id: id });
    await write('line of another', { connection_id: 'conn_other' });
    const history = ['tail', ...inProject, '--no-follow', '--since', '5m', '--color', 'never'];
    const own = await done([...history, '--connection', 'Shop output']);
    expect(own.stdout).toMatch(/INFO {2}Shop output \S+ named line\n/);
    expect(own.stdout).not.toContain('line of another');
  });

  it('is shown in the order of its times', async () => {
    const now = Date.now() * 1000;
    for (const ago of [3, 1, 4, 2]) await write(`ordered ${ago}`, { timestamp: now - ago * 1_000_000 });
    const { stdout } = await done(['tail', ...inProject, '--no-follow', '--since', '5m', '--filter', 'ordered']);
    expect(stdout.match(/ordered \d/g)).toEqual(['ordered 4', 'ordered 3', 'ordered 2', 'ordered 1']);
  });

  it.each([
    ['tail', ['tail', '--connection', 'Shop ouput'], 'has no connection Shop ouput', 'Did you mean Shop output?'],
    ['connections', ['connections', 'stop', 'Shop ouput'], 'has no connection Shop ouput', 'Did you mean Shop output?'],
    ['dead-letters', ['dead-letters', 'list', '--connection', 'nope'], 'has no connection nope', 'It has '],
    ['replay', ['replay', '--since', '1h', '--connection', 'nope'], 'has no connection nope', 'It has '],
    ['alerts', ['alerts', 'list', '--rule', 'nope'], 'has no rule nope', 'It has no rules at all'],
    ['rules', ['rules', 'delete', 'nope'], 'has no rule nope', 'It has no rules at all'],
    ['channels', ['channels', 'test', 'nope'], 'has no channel nope', 'It has no channels at all'],
    ['a reason', ['dead-letters', 'list', '--reason', 'decode_fail'], 'Allowed choices are decode_failed', ''],
  ])('is refused, when it does not exist, with what is near: %s', async (_, args, problem, help) => {
    const { code, stdout, stderr } = await done([...args, ...inProject]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(problem);
    expect(stderr).toContain(help);
  });
});

describe('alerts in a tail', () => {
  it('are shown beside the lines, those of the project alone', async () => {
    const command = run(['tail', '--project', 'demo']);
    const fire = async (fields: Partial<Alert>) => {
      const alert = testAlert(1, { project_id: 'demo', ...fields });
      const producer = await writer.producer();
      const value = topics.alerts.codec.encode(alert);
      await producer.send([{ topic: topics.alerts.name, partition: 0, key: Buffer.from(alert.rule_id), value }]);
      await producer.close();
    };
    const told = 'alert fired (high): Errors, service=cart\\u001b[2J: 12 of 10';
    await expect
      .poll(
        async () => {
          await fire({ group_by: 'service', group: 'cart\u001b[2J' });
          return command.stderr();
        },
        { timeout: 20_000, interval: 200 },
      )
      .toContain(told);
    await fire({ project_id: 'other', rule_name: 'of another project' });
    await fire({ event: 'updated', rule_name: 'only corrected' });
    await fire({ event: 'resolved', status: 'resolved', late: true });
    await expect.poll(command.stderr).toContain('alert resolved (high): Errors\n');
    expect(command.stderr()).not.toMatch(/another project|only corrected/);
    expect(command.stdout()).toBe('');
  });
});

describe('connections', () => {
  it('adds, lists, starts, stops, shows and deletes one', async () => {
    const config = join(directory, 'aws.json');
    const secret = 'top-secret-key-that-nobody-sees';
    writeFileSync(
      config,
      JSON.stringify({
        access_key_id: 'AKIAIOSFODNN7EXAMPLE',
        secret_access_key: secret,
        region: 'eu-central-1',
        log_group: '/shop',
      }),
    );
    const inProject = ['--project', 'demo'];
    const added = await done([
      'connections',
      'add',
      ...inProject,
      '--provider',
      'aws',
      '--name',
      'shop',
      '--config',
      config,
    ]);
    expect(added).toMatchObject({ code: 0, stderr: '' });
    const id = added.stdout.trim();
    expect(id).toMatch(/^conn_/);
    expect((await done(['connections', 'list', ...inProject])).stdout).toMatch(
      new RegExp(`${id}\\s+aws\\s+stopped\\s+-\\s+shop`),
    );
    expect((await done(['connections', 'start', id, ...inProject])).stdout).toBe('Streaming started successfully\n');
    const status = await done(['connections', 'status', id, ...inProject, '--json']);
    expect(JSON.parse(status.stdout)).toMatchObject({ id, desired_state: 'running', stats: { events: 0 } });
    expect((await done(['connections', 'stop', id, ...inProject])).code).toBe(0);
    expect(await done(['connections', 'delete', id, ...inProject])).toMatchObject({ code: 0, stdout: '' });
    const gone = await done(['connections', 'status', id, ...inProject]);
    expect(gone).toMatchObject({ code: 2, stderr: expect.stringContaining('project demo has no connection') });
    expect([added, status, gone].map(({ stdout, stderr }) => stdout + stderr).join()).not.toContain(secret);
  });

  it('remarks in the list what is held back, and what is quiet', async () => {
    const since = Date.UTC(2026, 0, 1, 8) * 1000;
    const inProject = ['--project', 'demo'];
    const config = join(directory, 'remarked.json');
    const keys = { access_key_id: 'AKIAIOSFODNN7EXAMPLE', secret_access_key: 'hunter2' };
    writeFileSync(config, JSON.stringify({ ...keys, region: 'eu-central-1', log_group: '/shop' }));
    const add = async (name: string) => {
      const options = ['--provider', 'aws', '--name', name, '--config', config];
      return (await done(['connections', 'add', ...inProject, ...options])).stdout.trim();
    };
    const [held, quiet] = [await add('held'), await add('quiet')];
    const detail = 'Requests wait for their turn\u001b[2J';
    await writeStatus(held, { held_back: { reason: 'quota', since, detail, help: 'Ask for a higher quota.' } });
    await writeStatus(quiet, { state: 'idle', quiet_since: since });
    const list = async () => (await done(['connections', 'list', ...inProject])).stdout;
    await expect.poll(list, { timeout: 60_000 }).toContain('quiet since');
    const [head, ...rows] = (await list()).trimEnd().split('\n');
    expect(head).toMatch(/^ID +CLOUD +STATE +LAG +NAME +REMARK$/);
    const row = (id: string) => rows.find((each) => each.startsWith(id));
    expect(row(held)).toMatch(
      /held +held back since 2026-01-01T08:00:00\.000Z: Requests wait for their turn\\u001b\[2J$/,
    );
    expect(row(quiet)).toMatch(/idle +0\.0s +quiet +quiet since 2026-01-01T08:00:00\.000Z$/);
    for (const id of [held, quiet]) expect((await done(['connections', 'delete', id, ...inProject])).code).toBe(0);
  });

  it('names every wrong field of a configuration', async () => {
    const config = join(directory, 'wrong.json');
    writeFileSync(config, JSON.stringify({ region: 'moon', log_group: '/shop' }));
    const { code, stderr } = await done([
      'connections',
      'add',
      '--project',
      'demo',
      '--provider',
      'aws',
      '--name',
      'x',
      '--config',
      config,
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain('region');
    writeFileSync(config, '{"secret_access_key": "do-not-print-this"');
    const broken = await done([
      'connections',
      'add',
      '--project',
      'demo',
      '--provider',
      'aws',
      '--name',
      'x',
      '--config',
      config,
    ]);
    expect(broken).toMatchObject({ code: 2, stderr: expect.stringContaining('not JSON') });
    expect(broken.stderr).not.toContain('do-not-print-this');
  });

  it('rewinds one that runs, and says why it does not otherwise', async () => {
    const config = join(directory, 'rewound.json');
    const keys = { access_key_id: 'AKIAIOSFODNN7EXAMPLE', secret_access_key: 'hunter2' };
    writeFileSync(config, JSON.stringify({ ...keys, region: 'eu-central-1', log_group: '/shop' }));
    const inProject = ['--project', 'demo'];
    const added = await done([
      'connections',
      'add',
      ...inProject,
      '--provider',
      'aws',
      '--name',
      'r',
      '--config',
      config,
    ]);
    const id = added.stdout.trim();
    const rewind = (to: string) => done(['connections', 'rewind', id, ...inProject, '--to', to, '--reason', 'a fix']);
    expect(await rewind('-6h')).toMatchObject({ code: 1, stderr: expect.stringContaining('Start it first.') });
    await done(['connections', 'start', id, ...inProject]);
    expect(await rewind('-6h')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^rwd_\w+ reads again from 20/),
    });
    expect((await done(['connections', 'status', id, ...inProject])).stdout).toMatch(
      /rewind: +rwd_\w+ from \S+: pending/,
    );
    expect(await rewind('yesterday')).toMatchObject({ code: 2, stderr: expect.stringContaining('such as 15m') });
    expect(await rewind('2999-01-01')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('must lie in the past'),
    });
  });
});

describe('dead-letters', () => {
  async function die(value: Buffer): Promise<void> {
    const at = { topic: topics.rawAws.name, partition: 0 };
    const headers = { project: 'demo', connection: 'conn_a' };
    const producer = await writer.producer();
    await producer.send([{ ...at, key: null, value, headers }]);
    const offset = (await writer.admin.offsets(at.topic, 'last_stable'))[0]! - 1;
    const error = new Error('no parser\u001b[2J');
    const letter = deadLetterRecord({
      group: 'normaliser',
      partition: at,
      record: {
        offset,
        timestamp: 0,
        key: null,
        value,
        headers: new Map(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
      },
      reason: 'processing_failed',
      error,
      partitions: topics.dead.partitions,
    });
    await producer.send([letter]);
    await producer.close();
  }

  it('lists them, and puts them back once', async () => {
    const { raw } = lineEvent('aws', 'ERROR lost', 1, Date.now());
    await die(topics.rawAws.codec.encode({ ...raw, project_id: 'demo', connection_id: 'conn_a' }));
    await die(Buffer.from('junk'));
    const inProject = ['--project', 'demo'];
    const listed = await done(['dead-letters', 'list', ...inProject]);
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    const [, junk, lost] = listed.stdout.split('\n');
    expect(lost).toMatch(/^\d\/0 +20\S+ +processing_failed +logs\.raw\.aws\/0\/0 +- +no parser\\u001b\[2J$/);
    const limited = await done(['dead-letters', 'list', ...inProject, '--limit', '1', '--json']);
    expect(JSON.parse(limited.stdout)).toMatchObject({ reason: 'processing_failed' });
    expect(limited.stderr).toContain('--limit shows more');
    const place = lost!.split(' ')[0]!;
    expect(await done(['dead-letters', 'replay', place, ...inProject])).toMatchObject({
      code: 0,
      stdout: 'replayed 1\n',
    });
    const all = await done(['dead-letters', 'replay', '--all', ...inProject]);
    expect(all).toMatchObject({ code: 1, stdout: 'still dead 1\n' });
    expect(all.stderr).toContain(`${junk!.split(' ')[0]} still_dead: `);
    expect((await done(['dead-letters', 'list', ...inProject])).stdout.split('\n')[2]).toMatch(/aws\/0\/0 +20/);
  });

  it.each([
    ['nothing to replay', ['replay'], 'give either places or --all'],
    ['a place that is none', ['replay', 'x/y'], 'x/y is no place'],
    ['a filter beside places', ['replay', '0/1', '--reason', 'decode_failed'], 'go with --all only'],
    ['a limit that is none', ['list', '--limit', '0'], 'whole number from 1'],
  ])('exits 2 for %s', async (_name, args, message) => {
    const { code, stderr } = await done(['dead-letters', ...args, '--project', 'demo']);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe('connections parsing', () => {
  const inProject = ['--project', 'demo'];
  const rules = join(directory, 'parsing.yaml');

  it('sets, shows and tries the rules of a connection', async () => {
    const config = join(directory, 'parsing-aws.json');
    writeFileSync(
      config,
      JSON.stringify({
        access_key_id: 'AKIAIOSFODNN7EXAMPLE',
        secret_access_key: 'x'.repeat(40),
        region: 'eu-central-1',
        log_group: '/p',
      }),
    );
    await done(['connections', 'add', ...inProject, '--provider', 'aws', '--name', 'parsed', '--config', config]);
    writeFileSync(rules, "rules:\n  - name: pay\n    pattern: '^(?P<level>\\w+);%{GREEDYDATA:message}'\n");
    const set = await done(['connections', 'parsing', 'set', 'parsed', ...inProject, '--file', rules]);
    expect([set.code, set.stdout]).toEqual([0, '1 rule, version 1\n']);
    expect(set.stderr).toContain('tailrace connections parsing replay parsed --project demo');
    const shown = await done(['connections', 'parsing', 'show', 'parsed', ...inProject]);
    expect(shown.stdout).toBe('rules:\n  - name: pay\n    pattern: ^(?P<level>\\w+);%{GREEDYDATA:message}\n');
    const lines = join(directory, 'parsing.log');
    writeFileSync(lines, 'error;no stock\nwhatever\n');
    const tried = await done(['connections', 'parsing', 'preview', 'parsed', ...inProject, '--lines', lines]);
    expect(tried.stdout).toContain('> error;no stock\n  ERROR rule:pay: no stock\n');
    expect(tried.stdout).toContain('> whatever\n  - plain: whatever\n');
    expect(tried.stdout).toContain('    pay: it fits ^(?P<level>\\w+) and nothing behind that fits ;\n');
    expect(tried.stderr).toBe('2 lines, pay 1, 1 by no rule\n');
    const asked = await done(['connections', 'parsing', 'replay', 'parsed', ...inProject, '--detach', '--json']);
    expect(JSON.parse(asked.stdout)).toMatchObject({ mode: 'shadow', from: '1970-01-01T00:00:00.000Z' });
  });

  it('names the line of a file in which a rule is wrong', async () => {
    writeFileSync(rules, "- name: pay\n  pattern: '^a('\n- name: cart\n  pattern: b\n  level:\n    map: { x: loud }\n");
    const refused = await done(['connections', 'parsing', 'set', 'parsed', ...inProject, '--file', rules]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(`${rules}:6: rule cart: level map x must be trace`);
    writeFileSync(rules, "- name: pay\n  pattern: '^a('\n");
    const wrong = await done(['normalise', '--file', rules, '--provider', 'aws', '--rules', rules]);
    expect(wrong.stderr).toContain(`${rules}:2: rule pay: pattern cannot be read at character 3`);
  });

  it('are tried on a file without a server', async () => {
    writeFileSync(rules, "rules:\n  - name: pay\n    pattern: '^(?P<level>\\w+);%{GREEDYDATA:message}'\n");
    const lines = join(directory, 'parsing.log');
    writeFileSync(lines, 'warn;slow\n');
    const { stdout } = await done(['normalise', '--file', lines, '--provider', 'gcp', '--rules', rules]);
    expect(stdout).toContain('1: WARN rule:pay: slow\n');
  });
});

describe('normalise', () => {
  const file = join(directory, 'x.log');
  const event = { eventId: 'e1', timestamp: 5, logStreamName: 'web', message: 'WARN slow' };
  const text = `2026-01-02 10:11:12,345 ERROR [main] com.shop.Order - Order \u001b[2J failed\r\n\n${JSON.stringify(event)}\nwhatever`;

  it('shows what the parsers make of each line, and sums up', async () => {
    writeFileSync(file, text);
    const { code, stdout, stderr } = await done(['normalise', '--file', file, '--provider', 'aws']);
    expect(code).toBe(0);
    expect(stdout).toContain('1: ERROR java: Order \\u001b[2J failed\n    cloud.provider = aws\n');
    expect(stdout).toContain('3: WARN prefix: slow\n');
    expect(stdout).toContain('    log.record.uid = e1\n');
    expect(stdout).toContain('4: - plain: whatever\n');
    expect(stderr).toBe('3 lines (java 1, prefix 1, plain 1); 1 plain\n');
  });

  it('gives JSON, one document a line', async () => {
    writeFileSync(file, text);
    const { stdout } = await done(['normalise', '--file', file, '--provider', 'gcp', '--json']);
    const lines = stdout.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { line: 1, level: 'error', parser: 'java', attributes: { 'log.logger': 'com.shop.Order' } },
      { line: 3, parser: 'json' },
      { line: 4, level: null, parser: 'plain', body: 'whatever' },
    ]);
  });

  it('counts how many lines have a level, a time and a parser, and shows what those without one look like', async () => {
    writeFileSync(file, `${text}\nwhatever 1\nwhatever 2\n`);
    const { code, stdout, stderr } = await done(['normalise', '--file', file, '--stats']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('5 lines: level on 40 %, time on 20 %, 60 % plain\n');
    expect(stdout).toMatch(/ 3 +60 % {2}plain\n +1 +20 % {2}java\n +1 +20 % {2}prefix\n/);
    expect(stdout).toMatch(/ 2 {2}whatever # {2}\(line 5\)\n +1 {2}whatever {2}\(line 4\)\n$/);
  });

  it('counts what comes in by a pipe, and gives JSON', async () => {
    const command = run(['normalise', '--file', '-', '--stats', '--json'], {}, text);
    expect(await command.exit).toBe(0);
    expect(JSON.parse(command.stdout())).toEqual({
      ...{ lines: 3, with_level: 2, with_time: 1, plain: 1 },
      parsers: [
        { parser: 'java', lines: 1 },
        { parser: 'prefix', lines: 1 },
        { parser: 'plain', lines: 1 },
      ],
      plain_shapes: [{ lines: 1, shape: 'whatever', first_line: 4 }],
    });
  });

  it.each([
    ['a file that is not there', ['--file', '/no/such.log', '--provider', 'aws'], 'ENOENT'],
    ['a directory', ['--file', '/', '--provider', 'aws'], 'EISDIR'],
    ['no cloud', ['--file', '/no/such.log', '--provider', 'moon'], '--provider'],
    ['no file', ['--stats'], '--file'],
  ])('exits 2 for %s', async (_name, args, message) => {
    const { code, stderr, stdout } = await done(['normalise', ...args]);
    expect([code, stderr, stdout]).toEqual([2, expect.stringContaining(message), '']);
  });
});

describe('doctor', () => {
  it('reports what answers, and exits 1 when something does not', async () => {
    const well = await done(['doctor', '--json']);
    expect(JSON.parse(well.stdout)).toContainEqual(expect.objectContaining({ what: 'server', ok: true }));
    const ill = await done(['doctor'], { TAILRACE_URL: 'http://127.0.0.1:1' });
    expect(ill.code).toBe(1);
    expect(ill.stdout).toContain('nothing answers');
  });

  it('asks every process that it is given, and names each broker that does not answer', async () => {
    const dead = '127.0.0.1:1';
    const { code, stdout } = await done(
      ['doctor', '--process', `http://127.0.0.1:${port}`, '--process', `http://${dead}`],
      {
        KAFKA_BROKERS: dead,
      },
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(/✓ process .*answers 200/);
    expect(stdout).toContain(`✗ process                  nothing answers at http://${dead}`);
    expect(stdout).toContain(`✗ broker                   ${dead} does not answer`);
  });

  it('reads how Kafka is to be spoken to as the roles do', async () => {
    const { code, stderr } = await done(['doctor'], { KAFKA_BROKERS: '127.0.0.1:1', KAFKA_TLS: 'perhaps' });
    expect([code, stderr]).toEqual([expect.any(Number), expect.stringContaining('KAFKA_TLS')]);
    expect(code).not.toBe(0);
  });
});
