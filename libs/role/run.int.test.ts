import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, expect, it } from 'vitest';
import { freePort } from '../../scripts/dev-stack/ports.ts';
import { deleteTestTopics } from './delete-test-topics.ts';

const fixture = new URL('./run.fixture.ts', import.meta.url).pathname;
const children: ChildProcess[] = [];
const servers: Server[] = [];
const topicPrefix = `run-${randomBytes(4).toString('hex')}.`;
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const server of servers.splice(0)) server.close();
});
afterAll(() => deleteTestTopics(topicPrefix));

async function run(env: Record<string, string>) {
  const common = {
    KAFKA_BROKERS: process.env.TEST_KAFKA_BROKERS,
    TOPIC_PREFIX: topicPrefix,
    PORT: '0',
    HOST: '127.0.0.1',
  };
  const child = spawn(process.execPath, [fixture], { env: { ...common, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  const ended = Promise.all([once(child, 'close'), text(child.stderr)]).then(([[code], stderr]) => ({
    code,
    stdout: output,
    stderr,
  }));
  /** 0 while nobody answers. */
  const status = async (path: string): Promise<number> => {
    const port = /"port":(\d+)/.exec(output)?.[1];
    if (port === undefined) return 0;
    return fetch(`http://127.0.0.1:${port}${path}`).then(
      (response) => response.status,
      () => 0,
    );
  };
  return { child, ended, status, logged: () => output };
}

it.each(['SIGTERM', 'SIGINT'] as const)('a process ends with 0 after an orderly stop by %s', async (signal) => {
  const { child, ended, status } = await run({});
  await expect.poll(() => status('/readyz'), { timeout: 120_000 }).toBe(200);
  child.kill(signal);
  const { code, stdout } = await ended;
  expect([code, stdout]).toEqual([0, expect.stringContaining('the role stopped')]);
});

it('a process ends with 0 also when it is asked to stop while it starts', async () => {
  const { child, ended } = await run({ KAFKA_BROKERS: '127.0.0.1:1' });
  child.stdout.on('data', (chunk: string) => {
    if (chunk.includes('"port"')) child.kill('SIGTERM');
  });
  expect((await ended).code).toBe(0);
});

it('a process ends with 2 and names every setting that is wrong', async () => {
  const { code, stderr } = await (await run({ KAFKA_CLIENT: 'other', FAIL_AFTER_MS: 'x', PORT: '-1' })).ended;
  expect(code).toBe(2);
  for (const variable of ['KAFKA_CLIENT', 'FAIL_AFTER_MS', 'PORT']) expect(stderr).toContain(`${variable}: must be`);
});

it('a process ends with 1 and says why when the role cannot go on', async () => {
  const { code, stdout } = await (await run({ FAIL_AFTER_MS: '1' })).ended;
  expect([code, stdout]).toEqual([1, expect.stringContaining('fenced')]);
});

it('a process ends with 1 when its port is taken', async () => {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const { code, stdout } = await (await run({ PORT: String(port) })).ended;
  expect([code, stdout]).toEqual([1, expect.stringContaining('EADDRINUSE')]);
});

it.each(['kafkajs', 'platformatic'])('a process waits for a broker that comes later, through %s', async (client) => {
  const bootstrap = await freePort();
  const { child, ended, status, logged } = await run({ KAFKA_BROKERS: `127.0.0.1:${bootstrap}`, KAFKA_CLIENT: client });
  await expect.poll(() => status('/healthz'), { timeout: 60_000 }).toBe(200);
  expect(await status('/readyz')).toBe(503);
  await expect.poll(logged, { timeout: 60_000 }).toMatch(/kafka (does not answer|cannot be used) yet/);
  const [host = '', port = ''] = (process.env.TEST_KAFKA_BROKERS ?? '').split(':');
  const door = createServer((socket) => {
    const broker = connect(Number(port), host);
    socket.pipe(broker).pipe(socket);
    socket.on('error', () => broker.destroy());
    broker.on('error', () => socket.destroy());
  });
  servers.push(door);
  await once(door.listen(bootstrap, '127.0.0.1'), 'listening');
  await expect.poll(() => status('/readyz'), { timeout: 120_000 }).toBe(200);
  child.kill('SIGTERM');
  expect((await ended).code).toBe(0);
});

it.each(['kafkajs', 'platformatic'])(
  'a process stops promptly while there is no broker, through %s',
  async (client) => {
    const { child, ended, status } = await run({ KAFKA_BROKERS: '127.0.0.1:1', KAFKA_CLIENT: client });
    await expect.poll(() => status('/healthz'), { timeout: 60_000 }).toBe(200);
    const asked = performance.now();
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
    expect(performance.now() - asked).toBeLessThan(12_000);
  },
);
