import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { type MemoryBroker, memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { testRecord } from '@tailrace/postgres/test-records.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LiveHub } from '../live-hub.ts';
import type { Follower } from './lane.ts';
import { type FrameSocket, SendBuffer } from './send-buffer.ts';
import { Viewer } from './viewer.ts';
import { viewerQueues } from './viewer-queues.ts';

const logger = createLogger({ level: 'silent' });
let broker: MemoryBroker;
let kafka: Kafka;
let hub: LiveHub;
let written = 0;

beforeEach(async () => {
  broker = memoryBroker();
  kafka = broker.connect();
  written = 0;
  const [log] = await kafka.admin.createTopics([topics.logs]);
  hub = await LiveHub.open({ kafka, log: log!, logger, patienceMs: 20, apartMs: 50 });
});

afterEach(async () => {
  await hub.close();
  await kafka.close();
});

async function write(project: string, bodies: readonly string[]): Promise<void> {
  const producer = await kafka.producer();
  await producer.send(
    bodies.map((body) => {
      written += 1;
      return {
        topic: topics.logs.name,
        partition: written % topics.logs.partitions,
        key: null,
        value: topics.logs.codec.encode(testRecord(written, { project_id: project, body })),
        headers: { project },
      };
    }),
  );
  await producer.close();
}

/** Keeps the thread, as a heavy expression does. */
function burn(milliseconds: number): true {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
  return true;
}

class Reading implements Follower {
  readonly bodies: string[] = [];

  lines(frame: string): void {
    this.bodies.push(...JSON.parse(frame).logs.map(({ body }: { body: string }) => body));
  }

  lost(): void {
    throw new Error('nothing is lost here');
  }
}

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix} ${index}`);

describe('viewers of several projects', () => {
  it('do not wait for the filters of another one, which loses and repeats nothing itself and comes back', async () => {
    const [heavy, quiet] = [new Reading(), new Reading()];
    for (let filter = 0; filter < 20; filter += 1) {
      hub.follow('heavy', `filter ${filter}`, () => burn(1) && filter === 0, heavy);
    }
    hub.follow('quiet', 'all', () => true, quiet);
    const expected = names('heavy', 100);
    // Two seconds of matching.
    await write('heavy', expected);
    const seen: number[] = [];
    for (let line = 0; line < 10; line += 1) {
      await write('quiet', [`quiet ${line}`]);
      await expect.poll(() => quiet.bodies.length, { interval: 2, timeout: 30_000 }).toBe(line + 1);
      seen.push(heavy.bodies.length);
    }
    expect(seen[0]).toBeLessThan(100);
    await expect.poll(() => heavy.bodies.length, { timeout: 60_000 }).toBe(100);
    await write('heavy', ['heavy last']);
    await expect.poll(() => heavy.bodies.length, { timeout: 60_000 }).toBe(101);
    expect(heavy.bodies.toSorted()).toEqual([...expected, 'heavy last'].toSorted());
    expect(quiet.bodies.length).toBe(10);
    // By itself for a while, then with the others again, as soon as it has nothing to catch up with.
    await expect
      .poll(
        async () => {
          await write('quiet', ['again']);
          return hub.apart;
        },
        { timeout: 60_000 },
      )
      .toEqual([]);
    const [before, both] = [heavy.bodies.length, quiet.bodies.length];
    await write('heavy', ['together']);
    await write('quiet', ['together']);
    await expect.poll(() => [heavy.bodies.length - before, quiet.bodies.length - both]).toEqual([1, 1]);
  });

  it('may come to a project that is being matched, and get what came after them once', async () => {
    const heavy = new Reading();
    hub.follow('heavy', 'slow', () => burn(5), heavy);
    await write('heavy', names('before', 60));
    await expect.poll(() => hub.isBusy('heavy'), { interval: 1 }).toBe(true);
    const late = new Client('heavy');
    late.viewer.begin({}, 'now');
    await expect.poll(() => late.frames.some(({ type }) => type === 'subscribed')).toBe(true);
    await write('heavy', names('after', 20));
    await expect.poll(() => heavy.bodies.length, { timeout: 30_000 }).toBe(80);
    await expect.poll(() => late.bodies().filter((body) => body.startsWith('after')).length).toBe(20);
    expect(new Set(late.bodies()).size).toBe(late.bodies().length);
  });
});

/** The server's side of a WebSocket whose client reads only when it is let. */
class Client implements FrameSocket {
  readonly OPEN = 1;
  readonly readyState = 1;
  readonly frames: { readonly type: string; readonly logs?: { readonly body: string }[] }[] = [];
  readonly viewer: Viewer;
  reads: boolean;
  bufferedAmount = 0;
  most = 0;

  constructor(project: string, { subject = 'ann', reads = true, queues = viewerQueues(100) } = {}) {
    this.reads = reads;
    const sendBuffer = new SendBuffer({
      socket: this,
      unreadOfProject: () => this.bufferedAmount,
      onOverflow: () => undefined,
    });
    this.viewer = new Viewer({
      hub,
      kafka,
      sendBuffer,
      caller: { project, subject },
      queues,
      logger,
      onGap: () => undefined,
    });
  }

  send(data: string, flushed: () => void): void {
    this.frames.push(JSON.parse(data));
    if (this.reads) setImmediate(flushed);
    else this.bufferedAmount += data.length;
    this.most = Math.max(this.most, this.bufferedAmount);
  }

  say(message: object): void {
    this.viewer.receive(JSON.stringify(message));
  }

  bodies(): string[] {
    return this.frames.flatMap(({ logs }) => logs ?? []).map(({ body }) => body);
  }

  count(type: string): number {
    return this.frames.filter((frame) => frame.type === type).length;
  }
}

describe('a viewer who does not read', () => {
  it('is sent no more than it has room for, however often it asks for the past', async () => {
    await write(
      'shop',
      names('line', 400).map((body) => body.padEnd(10_000, 'x')),
    );
    const client = new Client('shop', { reads: false });
    for (let round = 1; round <= 60; round += 1) {
      client.say({ type: 'subscribe', filter: {}, from: '-15m' });
      client.say({ type: 'fetch', from: '-15m', to: hub.cursorOf('shop') });
      await expect.poll(() => client.count('subscribed'), { interval: 2 }).toBe(round);
    }
    // What it may leave unread, and a part of the stream and one of a fetch beyond it.
    expect(client.most).toBeLessThan(2 * 1024 * 1024);
    client.viewer.close();
  });
});

describe('messages of a viewer', () => {
  it('that wait to be handled are 32 at most; what is more is dropped with when to try again', async () => {
    const client = new Client('shop');
    const errors = () => client.frames.filter(({ type }) => type === 'error');
    for (let message = 0; message < 50; message += 1) client.say({ type: 'pause' });
    expect(errors()).toHaveLength(18);
    for (const each of errors()) expect(each).toMatchObject({ code: 'message.busy', retry_after_seconds: 2 });
    // Those before it are handled in their turn, and then there is room again.
    await expect
      .poll(() => {
        client.say({ type: 'subscribe', filter: {}, from: 'now' });
        return client.count('subscribed');
      })
      .toBeGreaterThan(0);
    client.viewer.close();
  });
});

describe('fetches', () => {
  const fetchAll = { type: 'fetch', from: '-15m', to: '' };

  it('of one token are limited, and what is more is answered with when to ask again', async () => {
    await write('shop', ['one']);
    await hub.reached('shop', await kafka.admin.offsets(topics.logs.name, 'last_stable'), AbortSignal.timeout(20_000));
    await write(
      'shop',
      names('big', 300).map((body) => body.padEnd(10_000, 'x')),
    );
    await hub.reached('shop', await kafka.admin.offsets(topics.logs.name, 'last_stable'), AbortSignal.timeout(20_000));
    const queues = viewerQueues(100);
    const unread = Array.from({ length: 24 }, () => new Client('shop', { reads: false, queues }));
    for (const client of unread) client.say({ ...fetchAll, to: hub.cursorOf('shop') });
    const busy = () => unread.flatMap(({ frames }) => frames.filter((frame) => Object(frame).code === 'fetch.busy'));
    await expect.poll(() => busy().length).toBe(4);
    expect(busy()[0]).toMatchObject({ type: 'error', code: 'fetch.busy', retry_after_seconds: 2 });
    // A colleague of the same project, and another project, are not kept from theirs.
    const others = [new Client('shop', { subject: 'bob', queues }), new Client('bank', { subject: 'eve', queues })];
    for (const client of others) client.say({ ...fetchAll, to: hub.cursorOf('shop') });
    await expect.poll(() => others.map((client) => client.count('fetched'))).toEqual([1, 1]);
    expect(others.map((client) => client.bodies().length)).toEqual([301, 0]);
    for (const client of unread) client.viewer.close();
    await expect.poll(() => queues.fetches.state).toEqual({ running: 0, waiting: 0 });
  });

  it('give the lines of all partitions in the order they arrived, cut into parts, each once', async () => {
    for (let batch = 0; batch < 5; batch += 1) {
      await write(
        'shop',
        names(`batch ${batch} line`, 100).map((body) => body.padEnd(5000, '.')),
      );
    }
    await hub.reached('shop', await kafka.admin.offsets(topics.logs.name, 'last_stable'), AbortSignal.timeout(20_000));
    const client = new Client('shop');
    client.say({ ...fetchAll, to: hub.cursorOf('shop') });
    await expect.poll(() => client.count('fetched')).toBe(1);
    expect(client.bodies().length).toBe(500);
    expect(new Set(client.bodies()).size).toBe(500);
    expect(client.count('logs')).toBeGreaterThan(5);
  });
});
