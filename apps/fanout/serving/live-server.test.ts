import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { watchConnections } from '@tailrace/http/limits/connections.ts';
import { RequestAllowance } from '@tailrace/http/limits/request-allowance.ts';
import { Problem } from '@tailrace/http/problem.ts';
import { Upgrades } from '@tailrace/http/upgrades.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { type MemoryBroker, memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { encodeCursor } from '@tailrace/log-query/live-cursor.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { LiveHub } from '../live-hub.ts';
import { Viewer } from '../viewers/viewer.ts';
import { viewerQueues } from '../viewers/viewer-queues.ts';
import { type LiveServer, serveLive } from './live-server.ts';

const logger = createLogger({ level: 'silent' });
let broker: MemoryBroker;
let kafka: Kafka;
let hub: LiveHub;
let server: Server;
let live: LiveServer;
let written = 0;

beforeEach(async () => {
  broker = memoryBroker();
  kafka = broker.connect();
  written = 0;
  const [log] = await kafka.admin.createTopics([topics.logs]);
  hub = await LiveHub.open({ kafka, log: log!, logger });
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  live = serveLive({
    upgrades: new Upgrades({
      server,
      connections: watchConnections(server, { perAddress: 100, trustedHops: 0, onCut: () => undefined }),
      allowance: new RequestAllowance(1000),
      trustedHops: 0,
      logger,
    }),
    logger,
    allowedOrigins: ['https://console.example'],
    maxViewers: 10,
    maxViewersPerProject: 8,
    maxViewersPerToken: 6,
    onRefused: () => undefined,
    verifyToken: async (token) => {
      if (!token.startsWith('good')) throw new Problem(401);
      const expiresAt = Date.now() + (token === 'good-but-short' ? 50 : 3_600_000);
      return { subject: token === 'good-of-bob' ? 'bob' : 'ann', projects: ['shop'], role: 'viewer', expiresAt };
    },
    sessions: {
      valueOf: (header) => header?.match(/^session=(.*)$/)?.[1],
      verify: async (value) => {
        if (value !== 'good') throw new Problem(401);
        return {
          subject: 'ann',
          projects: ['shop'],
          role: 'viewer',
          expiresAt: Date.now() + 3_600_000,
          renewableUntil: Date.now() + 3_600_000,
          lifetimeMs: 3_600_000,
        };
      },
    },
    redeemTicket: async () => {
      throw new Problem(401, { detail: 'This ticket has been used.' });
    },
    openViewer: (caller, sendBuffer) =>
      new Viewer({ hub, kafka, sendBuffer, caller, queues: viewerQueues(10), logger, onGap: () => undefined }),
    onViewers: () => undefined,
  });
});

afterEach(async () => {
  await live.close();
  await hub.close();
  await new Promise((resolve) => server.close(resolve));
  await kafka.close();
});

function record(body: string, fields: Partial<LogRecord> = {}): LogRecord {
  written += 1;
  return {
    id: written.toString(16).padStart(32, '0'),
    project_id: 'shop',
    connection_id: 'conn_a',
    provider: 'aws',
    timestamp: 1_760_000_000_000_000 + written,
    timestamp_nanos: 0,
    observed_timestamp: 1_760_000_000_000_000 + written,
    ingest_timestamp: 1_760_000_000_000_000 + written,
    severity_number: 9,
    severity_text: 'INFO',
    body,
    trace_id: null,
    span_id: null,
    resource: {},
    attributes: {},
    stream: 's',
    parser: 'plain',
    normaliser_version: 1,
    truncated_from: null,
    flags: [],
    raw_partition: 0,
    raw_offset: written,
    replay_id: null,
    ...fields,
  };
}

async function write(...records: LogRecord[]): Promise<void> {
  const producer = await kafka.producer();
  await producer.send(
    records.map((log) => ({
      topic: topics.logs.name,
      partition: log.raw_offset % topics.logs.partitions,
      key: Buffer.from(log.connection_id),
      value: topics.logs.codec.encode(log),
      headers: { project: log.project_id, connection: log.connection_id },
    })),
  );
  await producer.close();
}

interface Frame {
  readonly type: string;
  readonly logs?: { readonly body: string }[];
  readonly cursor?: string;
  readonly [field: string]: unknown;
}

/** A client that keeps every frame. */
class Client {
  readonly frames: Frame[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<{ code: number; reason: string }>;

  constructor(
    query = '',
    options: { path?: string; headers?: Record<string, string>; token?: string; cookie?: string } = {},
  ) {
    const { port } = server.address() as AddressInfo;
    const path = options.path ?? '/api/v1/live-logs/ws/shop';
    const bearer =
      options.cookie === undefined
        ? { authorization: `Bearer ${options.token ?? 'good'}` }
        : { cookie: options.cookie };
    const headers = { ...bearer, ...options.headers };
    this.socket = new WebSocket(`ws://127.0.0.1:${port}${path}${query}`, { headers });
    this.socket.on('message', (data) => this.frames.push(JSON.parse(data.toString())));
    this.closed = new Promise((resolve) =>
      this.socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    );
  }

  /** The status of a handshake that was refused, and its body's code. */
  refusal(): Promise<{ status: number; code: string }> {
    return new Promise((resolve, reject) => {
      this.socket.on('open', () => reject(new Error('the handshake was accepted')));
      this.socket.on('error', () => undefined);
      this.socket.on('unexpected-response', (_request, response) => {
        let body = '';
        response.on('data', (part) => {
          body += part;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, code: JSON.parse(body).code }));
      });
    });
  }

  say(message: object | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  bodies(): string[] {
    return this.frames.flatMap(({ logs }) => logs ?? []).map(({ body }) => body);
  }

  async frame(type: string, count = 1): Promise<Frame> {
    const found = () => this.frames.filter((each) => each.type === type);
    await expect.poll(() => found().length).toBeGreaterThanOrEqual(count);
    return found()[count - 1]!;
  }

  async lines(count: number): Promise<string[]> {
    await expect.poll(() => this.bodies().length).toBeGreaterThanOrEqual(count);
    return this.bodies();
  }

  cursor(): string {
    return this.frames.findLast(({ cursor }) => cursor !== undefined)!.cursor!;
  }

  async leave(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}

describe('the cookie of a session', () => {
  const cookie = 'session=good';
  const own = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  it('lets this server’s own pages follow, and those of an origin that was named', async () => {
    const accepted: readonly Record<string, string>[] = [
      { origin: own() },
      { origin: own(), 'sec-fetch-site': 'same-origin' },
      { origin: 'https://console.example' },
    ];
    for (const headers of accepted) {
      await new Client('', { cookie, headers }).frame('hello');
    }
  });

  it.each<[string, Record<string, string>]>([
    ['of another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['of another port', { origin: 'http://127.0.0.1:1' }],
    ['of the same site, as the browser says', { origin: 'https://shop.example', 'sec-fetch-site': 'same-site' }],
    ['in a sandboxed frame', { origin: 'null' }],
    ['that does not say where it comes from', {}],
  ])('lets no page follow %s', async (_name, headers) => {
    expect(await new Client('', { cookie, headers }).refusal()).toMatchObject({ status: 403 });
  });

  it('lets nobody in who is not signed in', async () => {
    const headers = { origin: own() };
    expect(await new Client('', { cookie: 'session=x', headers }).refusal()).toMatchObject({ status: 401 });
    expect(await new Client('', { cookie: 'other=good', headers }).refusal()).toMatchObject({ status: 401 });
  });
});

describe('following', () => {
  it('says hello, then sends each line of the project once, with a cursor', async () => {
    const client = new Client();
    expect(await client.frame('hello')).toMatchObject({ project_id: 'shop', cursor: hub.cursorOf('shop') });
    await client.frame('subscribed');
    await write(record('one'), record('of another project', { project_id: 'bank' }), record('two'));
    expect((await client.lines(2)).sort()).toEqual(['one', 'two']);
    expect(client.cursor()).toBe(hub.cursorOf('shop'));
  });

  it('filters on the server, and changes the filter without reconnecting or losing its place', async () => {
    const client = new Client('?filter={"level":"error"}');
    await client.frame('subscribed');
    await write(record('calm'), record('broken', { severity_number: 17 }));
    await client.lines(1);
    client.say({ type: 'subscribe', filter: { regex: 'pay(ment)? [0-9]+', attributes: { region: 'eu' } } });
    await client.frame('subscribed', 2);
    await write(record('payment 12', { attributes: { region: 'eu' } }), record('payment 13'), record('pay x'));
    expect(await client.lines(2)).toEqual(['broken', 'payment 12']);
  });

  it('begins in the past: a duration, a time, a cursor', async () => {
    await write(record('a'), record('b'));
    const back = new Client('?from=-15m');
    expect((await back.lines(2)).sort()).toEqual(['a', 'b']);
    await write(record('c'));
    expect((await back.lines(3)).sort()).toEqual(['a', 'b', 'c']);
    const since = new Client(`?from=${encodeURIComponent(new Date(Date.now() - 60_000).toISOString())}`);
    expect((await since.lines(3)).sort()).toEqual(['a', 'b', 'c']);
  });

  it('resumes from a cursor with no gap and no duplicate, whatever was written meanwhile', async () => {
    const seen: string[] = [];
    let cursor = hub.cursorOf('shop');
    for (let round = 0; round < 20; round += 1) {
      const client = new Client(`?from=${cursor}`);
      const expected = Array.from({ length: 7 }, (_, index) => `${round}.${index}`);
      for (const body of expected) await write(record(body));
      const lines = await client.lines(7);
      if (round % 2 === 0) await write(record(`between ${round}`));
      await client.leave();
      seen.push(...client.bodies());
      cursor = client.cursor();
      expect(new Set(lines).size).toBe(lines.length);
    }
    const last = new Client(`?from=${cursor}`);
    await last.frame('subscribed');
    await expect.poll(() => [...seen, ...last.bodies()].length).toBe(20 * 7 + 10);
    expect(new Set([...seen, ...last.bodies()]).size).toBe(20 * 7 + 10);
  });

  it('pauses and resumes where it was', async () => {
    const client = new Client();
    await client.frame('subscribed');
    await write(record('before'));
    await client.lines(1);
    client.say({ type: 'pause' });
    client.say('not JSON');
    await client.frame('error');
    await write(record('meanwhile'));
    await hub.reached('shop', await kafka.admin.offsets(topics.logs.name, 'last_stable'), AbortSignal.timeout(20_000));
    expect(client.bodies()).toEqual(['before']);
    client.say({ type: 'resume' });
    expect(await client.lines(2)).toEqual(['before', 'meanwhile']);
  });

  it('sends a gap to a viewer that is too slow, and exactly the missed lines on request', async () => {
    const slow = new Client();
    await slow.frame('subscribed');
    slow.socket.pause();
    const big = 'x'.repeat(20_000);
    for (let batch = 0; batch < 40; batch += 1) {
      await write(...Array.from({ length: 20 }, (_, index) => record(`${batch}.${index} ${big}`)));
      await hub.reached(
        'shop',
        await kafka.admin.offsets(topics.logs.name, 'last_stable'),
        AbortSignal.timeout(20_000),
      );
    }
    slow.socket.resume();
    const gap = await slow.frame('gap');
    expect(gap).toMatchObject({ reason: 'slow_viewer' });
    const before = slow.bodies().length;
    expect(gap.matched).toBe(800 - before);
    slow.say({ type: 'fetch', from: gap.from, to: gap.to });
    await slow.frame('fetched');
    expect(slow.bodies().length).toBe(800);
    expect(new Set(slow.bodies()).size).toBe(800);
  });

  it('gives a range whose end this process has not read yet', async () => {
    const client = new Client();
    await client.frame('subscribed');
    // As if this process were behind the one that made the cursor.
    await hub.close();
    await write(record('ahead'));
    const to = encodeCursor(hub.log, await kafka.admin.offsets(topics.logs.name, 'last_stable'));
    client.say({ type: 'fetch', from: '-1m', to });
    await client.frame('fetched');
    expect(client.bodies()).toEqual(['ahead']);
  });

  it('distinguishes a fetch that fails from everything else, and takes the next one', async () => {
    await write(record('kept'));
    const to = encodeCursor(hub.log, await kafka.admin.offsets(topics.logs.name, 'last_stable'));
    const client = new Client('?paused=1');
    await client.frame('hello');
    broker.failNext({ operation: 'offsets' }, kafka);
    client.say({ type: 'fetch', from: '-1m', to });
    expect(await client.frame('error')).toMatchObject({ code: 'fetch.failed' });
    client.say({ type: 'fetch', from: '-1m', to });
    await client.frame('fetched');
    expect(client.bodies()).toEqual(['kept']);
    client.say({ type: 'fetch', from: '-1m', to, filter: { text: 'other' } });
    await client.frame('fetched', 2);
    expect(client.bodies()).toEqual(['kept']);
  });

  it('lets a viewer to whom nothing comes hear that it is there', async () => {
    const client = new Client('?paused=1');
    await client.frame('heartbeat');
  });

  it('reports what retention removed before it could be sent', async () => {
    await write(record('gone'), record('kept'));
    const cursor = hub.cursorOf('shop');
    for (let partition = 0; partition < topics.logs.partitions; partition += 1) {
      const [latest, earliest] = [
        (await kafka.admin.offsets(topics.logs.name, 'last_stable'))[partition]!,
        (await kafka.admin.offsets(topics.logs.name, 'earliest'))[partition]!,
      ];
      if (latest > earliest && partition === 1) broker.truncate(topics.logs.name, partition, latest);
    }
    const zero = `${cursor.split('.').slice(0, 2).join('.')}${'.0'.repeat(topics.logs.partitions)}`;
    const client = new Client(`?from=${zero}`);
    expect(await client.frame('gap')).toMatchObject({ reason: 'retention', matched: null });
    expect(await client.lines(1)).toEqual(['kept']);
  });
});

describe('bad input', () => {
  it.each([
    ['no token', { headers: { authorization: '' } }, '', 401],
    ['a bad token', { token: 'bad' }, '', 401],
    ['a used ticket', {}, '?ticket=abc', 401],
    ["another project's path", { path: '/api/v1/live-logs/ws/bank' }, '', 404],
    ['a broken escape', { path: '/api/v1/live-logs/ws/%E0%A4%A' }, '', 404],
    ['another path', { path: '/elsewhere' }, '', 404],
    ['a foreign origin', { headers: { origin: 'https://evil.example' } }, '', 403],
    ['a filter that is no JSON', {}, '?filter=%7B', 422],
    ['a filter with a backreference', {}, `?filter=${encodeURIComponent('{"regex":"(a)\\\\1"}')}`, 422],
    ['a filter with an unknown part', {}, `?filter=${encodeURIComponent('{"colour":"red"}')}`, 422],
  ])('refuses %s', async (_name, options, query, status) => {
    expect((await new Client(query, options).refusal()).status).toBe(status);
  });

  it.each([
    ['text that is no JSON', 'junk', 'message.invalid'],
    ['an unknown type', { type: 'dance' }, 'message.invalid'],
    ['a wrong filter', { type: 'subscribe', filter: { level: 'loud' } }, 'message.invalid'],
    ['an unknown cursor', { type: 'subscribe', from: 'yesterday' }, 'cursor.invalid'],
    ['a time to come', { type: 'subscribe', from: '2999-01-01T00:00:00Z' }, 'cursor.invalid'],
    [
      'a range under a wrong filter',
      { type: 'fetch', from: '-1m', to: 'x', filter: { level: 'loud' } },
      'fetch.invalid',
    ],
    ['a range without an end', { type: 'fetch', from: '-1m', to: 'tomorrow' }, 'fetch.invalid'],
  ])('answers %s with an error and goes on', async (_name, message, code) => {
    const client = new Client();
    await client.frame('subscribed');
    client.say(message);
    expect(await client.frame('error')).toMatchObject({ code });
    await write(record('still here'));
    expect(await client.lines(1)).toEqual(['still here']);
  });

  it('is answered in the order of what was said', async () => {
    const client = new Client('?paused=1');
    await client.frame('hello');
    for (const text of ['one', 'two']) client.say({ type: 'subscribe', filter: { text }, from: '-1m' });
    client.say({ type: 'subscribe', filter: { level: 'loud' } });
    await client.frame('error');
    expect(client.frames.map(({ type }) => type)).toEqual(['hello', 'subscribed', 'subscribed', 'error']);
  });

  it('takes so many viewers of one token and of one project, and gives the place of one who leaves to the next', async () => {
    const ann = Array.from({ length: 6 }, () => new Client());
    for (const client of ann) await client.frame('hello');
    expect(await new Client().refusal()).toEqual({ status: 429, code: 'too_many_viewers' });
    const bob = Array.from({ length: 2 }, () => new Client('', { token: 'good-of-bob' }));
    for (const client of bob) await client.frame('hello');
    expect(await new Client('', { token: 'good-of-bob' }).refusal()).toEqual({ status: 429, code: 'too_many_viewers' });
    await ann[0]?.leave();
    await expect.poll(() => new Client('', { token: 'good-of-bob' }).frame('hello')).toBeDefined();
  });

  it('lets pages of its own and of allowed origins in', async () => {
    const { port } = server.address() as AddressInfo;
    await new Client('', { headers: { origin: `http://127.0.0.1:${port}` } }).frame('hello');
    await new Client('', { headers: { origin: 'https://console.example' } }).frame('hello');
  });

  it('drops what all sockets of a token send beyond their share, with an error, and nothing of another token', async () => {
    const sockets = Array.from({ length: 6 }, () => new Client('', { token: 'good' }));
    const other = new Client('', { token: 'good-of-bob' });
    await Promise.all([...sockets, other].map((client) => client.frame('subscribed')));
    // Less than one socket alone may send at once, and together nearly twice of what the token may.
    for (const client of sockets) for (let message = 0; message < 180; message += 1) client.say({ type: 'pause' });
    const ofToken = (client: Client) =>
      client.frames.filter(({ detail }) => String(detail).startsWith('the sockets of this token'));
    await expect.poll(() => sockets.flatMap(ofToken).length).toBeGreaterThan(0);
    expect(sockets.flatMap(ofToken)[0]).toMatchObject({ code: 'message.busy', retry_after_seconds: 1 });
    other.say('not JSON');
    expect(await other.frame('error')).toMatchObject({ code: 'message.invalid' });
    for (const { socket } of sockets) expect(socket.readyState).toBe(WebSocket.OPEN);
  });

  it('closes on frames that are too large, on floods of messages or pings, and when the token expires', async () => {
    const large = new Client();
    await large.frame('hello');
    large.say('x'.repeat(70_000));
    expect((await large.closed).code).toBe(1009);
    const pinging = new Client();
    await pinging.frame('hello');
    for (let index = 0; index < 300; index += 1) pinging.socket.ping('x');
    expect((await pinging.closed).code).toBe(1008);
    const flood = new Client();
    await flood.frame('hello');
    for (let index = 0; index < 300; index += 1) flood.say({ type: 'pause' });
    expect((await flood.closed).code).toBe(1008);
    expect((await new Client('', { token: 'good-but-short' }).closed).code).toBe(4401);
  });
});
