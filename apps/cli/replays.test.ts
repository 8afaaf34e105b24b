import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { testProgress, writeTestProgress } from '@tailrace/replays/test-progress.ts';
import { role } from '@tailrace/role/role-definition.ts';
import { type RunningProcess, startRoles } from '@tailrace/role/start-roles.ts';
import type { ReplayProgress } from '@tailrace/schemas/generated/replay-progress.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { settings as apiSettings } from '../api/config.ts';
import { start as startApi } from '../api/start.ts';

const jwtSecret = 'a secret of thirty-two bytes or more';
const broker = memoryBroker();
const kafka = broker.connect();
let server: RunningProcess;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  const env = {
    JWT_SECRET: jwtSecret,
    CREDENTIAL_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64url'),
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    PORT: '0',
    HOST: '127.0.0.1',
  };
  const logger = createLogger({ level: 'silent' });
  server = await startRoles([role('api', apiSettings, startApi)], { env, kafka: broker.connect(), logger });
  await server.started;
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});
afterAll(async () => {
  await server.stop();
  await kafka.close();
});

function run(...args: string[]) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args, '--project', 'demo'], {
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      TAILRACE_URL: `http://127.0.0.1:${server.port}`,
      JWT_SECRET: jwtSecret,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (data) => {
      output[stream] = stripVTControlCharacters(output[stream] + data);
    });
  }
  const exit = once(child, 'close').then(([code]) => code as number | null);
  return { child, output, exit };
}

async function done(...args: string[]) {
  const { output, exit } = run(...args);
  return { code: await exit, ...output };
}

/** The id of the replay that a command has asked for. */
async function asked({ output }: { readonly output: { readonly stderr: string } }): Promise<string> {
  await expect.poll(() => output.stderr, { timeout: 20_000 }).toMatch(/rpl_\w{24}: events from .*\n/);
  return /rpl_\w{24}/.exec(output.stderr)?.[0] ?? '';
}

/** What the replayer writes. */
async function progressed(id: string, fields: Partial<ReplayProgress>): Promise<void> {
  const progress = testProgress({
    ranges: [{ topic: 'logs.raw.aws', partition: 0, from_offset: 0, to_offset: 1000, next_offset: 250 }],
    matched: 40,
    written: 40,
    rate: 50,
    normaliser_version: 3,
    updated_at: 2,
    ...fields,
  });
  await writeTestProgress(kafka, id, progress);
}

it('tailrace replay follows a replay to its end, and prints its outcome', async () => {
  const command = run('replay', '--since', '6h', '--until', '1h');
  const id = await asked(command);
  await progressed(id, { waiting_for: 'live_lag', waiting_detail: 'the sink is 9 records behind' });
  await expect
    .poll(() => command.output.stderr, { timeout: 20_000 })
    .toContain('running 25%: 40 records, waiting for live_lag: the sink is 9 records behind');
  await progressed(id, { status: 'completed', matched: 160, written: 160, finished_at: 3 });
  expect(await command.exit).toBe(0);
  expect(command.output.stdout).toBe(
    "160 records were given to the sink; rows change only where the normaliser's version (3) is higher than theirs.\n",
  );
}, 60_000);

it('tailrace replay shows what shadow mode found, with control characters made visible', async () => {
  const command = run('replay', '--since', '2026-01-01T00:00:00Z', '--shadow');
  const id = await asked(command);
  const differences = {
    unchanged: 8,
    changed: 2,
    missing: 0,
    applicable: 10,
    kinds: { severity_changed: 2, attribute_added: 1 },
    fields: { severity_text: 2, 'attributes.order': 1 },
    examples: [
      {
        record_id: 'ab',
        timestamp: Date.UTC(2026, 0, 1) * 1000,
        connection_id: 'conn_a',
        kinds: ['severity_changed'],
        old: { severity_text: 'INFO\u001b[31m', body: 'a\nb\u202e\u009b' },
        new: { severity_text: 'WARN', body: 'a', 'attributes.order': '7' },
      },
    ],
  };
  await progressed(id, { status: 'completed', matched: 10, written: 0, differences, finished_at: 3 });
  expect(await command.exit).toBe(0);
  expect(command.output.stdout.split('\n')).toEqual(
    expect.arrayContaining([
      '2 of 10 records differ from their rows, 0 have none; apply would write 10.',
      '          2  severity_changed',
      '          1  attributes.order',
      '  2026-01-01T00:00:00.000Z ab (severity_changed)',
      String.raw`    severity_text: "INFO\u001b[31m" → "WARN"`,
      String.raw`    body: "a\nb\u202e\u009b" → "a"`,
      '    attributes.order: (none) → "7"',
    ]),
  );
}, 60_000);

it('tailrace replay detaches at Ctrl-C and says how to end the replay, which can then be steered', async () => {
  const command = run('replay', '--since', '1h', '--rate', '100');
  const id = await asked(command);
  await progressed(id, {});
  await expect.poll(() => command.output.stderr, { timeout: 20_000 }).toContain('running 25%');
  command.child.kill('SIGINT');
  expect(await command.exit).toBe(130);
  expect(command.output.stderr).toContain(`tailrace replays cancel ${id} --project demo`);
  expect(await done('replays', 'pause', id)).toMatchObject({ code: 0, stdout: 'paused\n' });
  expect((await done('replays', 'list')).stdout).toMatch(new RegExp(`${id} +apply +paused +25%`));
  expect((await done('replays', 'show', id)).stdout).toContain('progress:     25%, paused, 40 records');
  expect(await done('replays', 'cancel', id)).toMatchObject({ code: 0 });
  await progressed(id, { status: 'cancelled', finished_at: 3 });
  const refused = await done('replays', 'resume', id);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('cancelled already')]);
}, 90_000);

it('tailrace replay gives its states as JSON, and an exit status of a replay that failed', async () => {
  const command = run('replay', '--since', '30m', '--json');
  const id = await asked(command);
  await progressed(id, {
    status: 'failed',
    error_code: 'kafka.topic_recreated',
    error_message: 'topic recreated',
    finished_at: 3,
  });
  expect(await command.exit).toBe(1);
  const states = command.output.stdout.trim().split('\n');
  expect(JSON.parse(states.at(-1) ?? '')).toMatchObject({
    id,
    status: 'failed',
    error: { message: 'topic recreated' },
  });
}, 60_000);

it.each([
  ['no beginning', ['replay'], '--since'],
  ['a beginning that is none', ['replay', '--since', 'soon'], 'such as 15m'],
  ['a rate of nothing', ['replay', '--since', '1h', '--rate', '0'], 'from 1'],
])('tailrace replay exits 2 for %s', async (_, args, message) => {
  const { code, stderr } = await done(...args);
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
});
