import {
  CloudWatchLogsClient,
  type CloudWatchLogsClientConfig,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
} from '@aws-sdk/client-cloudwatch-logs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../clock.ts';
import type { Simulator } from '../simulator.ts';
import { startSimulator } from '../start.ts';
import type { AwsAccessKey } from './aws-access.ts';

vi.setConfig({ testTimeout: 30_000 });

/** Machines may be busy. */
const patience = { timeout: 30_000 };
const start = Date.UTC(2026, 0, 2, 3, 4, 5);
const logGroupName = '/ecs/checkout';
let clock: ManualClock;
let simulator: Simulator;
const clients: CloudWatchLogsClient[] = [];

beforeEach(async () => {
  clock = new ManualClock(start);
  simulator = await startSimulator({ clouds: ['aws'], clock, quotas: true });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await simulator.stop();
});

function clientOf(key: AwsAccessKey, config: CloudWatchLogsClientConfig = {}): CloudWatchLogsClient {
  const { endpoint, region } = simulator.aws;
  const client = new CloudWatchLogsClient({ endpoint, region, credentials: key, maxAttempts: 1, ...config });
  clients.push(client);
  return client;
}

function emit(...messages: string[]) {
  return simulator.emit(messages.map((message) => ({ cloud: 'aws', message, stream: 'task-1' })));
}

async function page(input: Partial<FilterLogEventsCommandInput> = {}, client = clientOf(simulator.aws.keys.active)) {
  clock.advance(200);
  return client.send(new FilterLogEventsCommand({ logGroupName, ...input }));
}

/** All pages; each as its messages. */
async function pages(input: Partial<FilterLogEventsCommandInput> = {}): Promise<string[][]> {
  const client = clientOf(simulator.aws.keys.active);
  const all: string[][] = [];
  let nextToken: string | undefined;
  do {
    const { events, nextToken: next } = await page({ ...input, ...(nextToken ? { nextToken } : {}) }, client);
    all.push((events ?? []).map((event) => event.message ?? ''));
    nextToken = next;
  } while (nextToken !== undefined);
  return all;
}

describe('FilterLogEvents', () => {
  it('shows an event as it was emitted', async () => {
    const [entry] = simulator.emit([{ cloud: 'aws', message: 'paid', stream: 's', timestamp: (start - 1500) * 1000 }]);
    const { events } = await page();
    expect(events).toEqual([
      { logStreamName: 's', timestamp: start - 1500, message: 'paid', ingestionTime: start, eventId: entry?.id },
    ]);
    expect(entry).toMatchObject({
      source: logGroupName,
      timestamp: (start - 1500) * 1000,
      observedTimestamp: start * 1000,
    });
  });

  it('orders by timestamp, then ingestion time, then arrival', async () => {
    const at = (ms: number) => (start + ms) * 1000;
    simulator.emit([
      { cloud: 'aws', message: 'd', timestamp: at(9) },
      { cloud: 'aws', message: 'c', timestamp: at(5), observedTimestamp: at(20) },
      { cloud: 'aws', message: 'a', timestamp: at(5), observedTimestamp: at(10) },
      { cloud: 'aws', message: 'b', timestamp: at(5), observedTimestamp: at(10) },
    ]);
    clock.advance(1000);
    expect(await pages()).toEqual([['a', 'b', 'c', 'd']]);
  });

  it('includes both ends of the time range', async () => {
    for (const ms of [0, 1, 2, 3]) simulator.emit([{ cloud: 'aws', message: `${ms}`, timestamp: (start + ms) * 1000 }]);
    expect(await pages({ startTime: start + 1, endTime: start + 2 })).toEqual([['1', '2']]);
  });

  it('pages through the same millisecond without a gap or a repeat', async () => {
    const messages = Array.from({ length: 7 }, (_, index) => `line ${index}`);
    emit(...messages);
    expect(await pages({ limit: 3 })).toEqual([messages.slice(0, 3), messages.slice(3, 6), messages.slice(6)]);
  });

  it('keeps a page under a mebibyte', async () => {
    const large = 'x'.repeat(400_000);
    emit(large, large, large);
    expect((await pages()).map((page) => page.length)).toEqual([2, 1]);
  });

  it('does not show in a later page what became visible before the position of its token', async () => {
    emit('1', '2', '3');
    const client = clientOf(simulator.aws.keys.active);
    const first = await page({ limit: 2 }, client);
    simulator.emit([{ cloud: 'aws', message: 'late', timestamp: (start - 1000) * 1000 }]);
    const second = await page({ limit: 2, nextToken: first.nextToken }, client);
    expect(second.events?.map((event) => event.message)).toEqual(['3']);
    expect(await pages()).toEqual([['late', '1', '2', '3']]);
  });

  it('refuses a token with other parameters, after 24 hours, or made up', async () => {
    emit('1', '2');
    const { nextToken } = await page({ limit: 1 });
    const refusal = { name: 'InvalidParameterException' };
    await expect(page({ limit: 2, nextToken })).rejects.toMatchObject(refusal);
    await expect(page({ limit: 1, nextToken: 'junk' })).rejects.toMatchObject(refusal);
    await expect(page({ limit: 1, nextToken })).resolves.toMatchObject({ events: [{ message: '2' }] });
    clock.advance(24 * 3_600_000);
    await expect(page({ limit: 1, nextToken })).rejects.toMatchObject(refusal);
  });

  it('shows an event only from its visible time on', async () => {
    simulator.emit([{ cloud: 'aws', message: 'slow', visibleAfterMs: 90_000 }]);
    expect(await pages()).toEqual([[]]);
    clock.advance(90_000);
    expect(await pages()).toEqual([['slow']]);
  });

  it('chooses by stream, stream prefix and terms', async () => {
    simulator.emit([
      { cloud: 'aws', stream: 'a/1', message: 'ERROR payment failed' },
      { cloud: 'aws', stream: 'a/2', message: 'ERROR retry later' },
      { cloud: 'aws', stream: 'b/1', message: 'INFO payment done' },
    ]);
    expect(await pages({ logStreamNames: ['a/1', 'b/1'] })).toEqual([['ERROR payment failed', 'INFO payment done']]);
    expect(await pages({ logStreamNamePrefix: 'a/' })).toEqual([['ERROR payment failed', 'ERROR retry later']]);
    expect(await pages({ filterPattern: 'ERROR -retry' })).toEqual([['ERROR payment failed']]);
    expect(await pages({ filterPattern: '"payment done"' })).toEqual([['INFO payment done']]);
    expect(await pages({ filterPattern: '?retry ?done' })).toEqual([['ERROR retry later', 'INFO payment done']]);
  });

  it('finds a group by ARN', async () => {
    emit('1');
    const { account, region } = simulator.aws;
    const logGroupIdentifier = `arn:aws:logs:${region}:${account}:log-group:${logGroupName}`;
    expect(await pages({ logGroupName: undefined, logGroupIdentifier })).toEqual([['1']]);
    await expect(page({ logGroupIdentifier })).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  it.each([
    ['ResourceNotFoundException', { logGroupName: '/no/such/group' }],
    ['ResourceNotFoundException', { logStreamNames: ['no-such-stream'] }],
    ['InvalidParameterException', { startTime: 2, endTime: 1 }],
    ['InvalidParameterException', { limit: 10_001 }],
    ['InvalidParameterException', { filterPattern: '{ $.level = "error" }' }],
  ])('answers %s to %j', async (name, input) => {
    emit('1');
    await expect(page(input)).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
  });
});

describe('access', () => {
  it.each([
    ['UnrecognizedClientException', { accessKeyId: 'AKIAUNKNOWN' }],
    ['InvalidSignatureException', { secretAccessKey: 'wrong' }],
    ['UnrecognizedClientException', { sessionToken: 'of another key' }],
  ])('answers %s to a key with %j', async (name, change) => {
    await expect(page({}, clientOf({ ...simulator.aws.keys.active, ...change }))).rejects.toMatchObject({ name });
  });

  it('knows expired, denied and temporary credentials', async () => {
    const { expired, denied, session } = simulator.aws.keys;
    await expect(page({}, clientOf(expired))).rejects.toMatchObject({ name: 'ExpiredTokenException' });
    await expect(page({}, clientOf(denied))).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(page({}, clientOf(session))).resolves.toMatchObject({ events: [] });
  });

  it('keeps regions apart', async () => {
    const { active } = simulator.aws.keys;
    await expect(page({}, clientOf(active, { region: 'us-east-1' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    await expect(page({}, clientOf(active, { region: 'nowhere' }))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    });
  });
});

describe('describing', () => {
  it('lists groups and streams', async () => {
    simulator.emit([
      { cloud: 'aws', source: '/ecs/a', stream: 's2', message: '1', timestamp: (start - 10) * 1000 },
      { cloud: 'aws', source: '/ecs/a', stream: 's1', message: '2' },
    ]);
    const client = clientOf(simulator.aws.keys.active);
    const { logGroups, nextToken } = await client.send(
      new DescribeLogGroupsCommand({ logGroupNamePrefix: '/ecs/', limit: 1 }),
    );
    expect(logGroups).toMatchObject([
      { logGroupName: '/ecs/a', logGroupArn: expect.stringMatching(/:log-group:\/ecs\/a$/) },
    ]);
    const rest = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/ecs/', limit: 1, nextToken }));
    expect(rest.logGroups).toMatchObject([{ logGroupName: logGroupName }]);
    const { logStreams } = await client.send(
      new DescribeLogStreamsCommand({ logGroupName: '/ecs/a', orderBy: 'LastEventTime', descending: true }),
    );
    expect(logStreams?.map((stream) => stream.logStreamName)).toEqual(['s1', 's2']);
  });
});

describe('faults', () => {
  it('enforces five requests a second for an account and region', async () => {
    const client = clientOf(simulator.aws.keys.active);
    const ask = () => client.send(new FilterLogEventsCommand({ logGroupName }));
    for (let count = 0; count < 5; count += 1) await ask();
    await expect(ask()).rejects.toMatchObject({ name: 'ThrottlingException', message: 'Rate exceeded' });
    clock.advance(1000);
    await ask();
    expect(simulator.requests.count('aws', 'FilterLogEvents', 'ok')).toBe(6);
    expect(simulator.requests.count('aws', 'FilterLogEvents', 'ThrottlingException')).toBe(1);
  });

  it.each([
    ['throttle', { name: 'ThrottlingException' }],
    ['server-error', { name: 'ServiceUnavailableException', $metadata: { httpStatusCode: 500 } }],
    ['expired-credentials', { name: 'ExpiredTokenException' }],
    ['access-denied', { name: 'AccessDeniedException' }],
    ['connection-reset', { code: 'ECONNRESET' }],
    ['truncate', { code: 'ECONNRESET' }],
  ] as const)('answers once with %s, then as before', async (kind, error) => {
    emit('1');
    simulator.inject({ cloud: 'aws', kind, count: 1 });
    await expect(page()).rejects.toMatchObject(error);
    expect(await pages()).toEqual([['1']]);
  });

  it('is retried by the SDK after the time asked for', async () => {
    emit('1');
    simulator.inject({ cloud: 'aws', kind: 'throttle', count: 1, retryAfterSeconds: 0 });
    const { events } = await page({}, clientOf(simulator.aws.keys.active, { maxAttempts: 2 }));
    expect(events).toHaveLength(1);
    expect(simulator.requests.count('aws', 'FilterLogEvents')).toBe(2);
  });

  it('never answers a hung request', async () => {
    simulator.inject({ cloud: 'aws', kind: 'hang', count: 1 });
    const client = clientOf(simulator.aws.keys.active);
    const abortSignal = AbortSignal.timeout(100);
    await expect(client.send(new FilterLogEventsCommand({ logGroupName }), { abortSignal })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  it('answers late', async () => {
    emit('1');
    simulator.inject({ cloud: 'aws', kind: 'delay', delayMs: 5000, count: 1 });
    const pending = page();
    await expect.poll(() => clock.alarms, patience).toBe(1);
    expect(simulator.requests.count()).toBe(0);
    clock.advance(5000);
    expect((await pending).events).toHaveLength(1);
  });

  it('shows empty and short pages that go on', async () => {
    emit('1', '2', '3');
    simulator.inject({ cloud: 'aws', kind: 'empty-page', count: 2 });
    expect(await pages()).toEqual([[], [], ['1', '2', '3']]);
    simulator.inject({ cloud: 'aws', kind: 'short-page', size: 1 });
    expect(await pages()).toEqual([['1'], ['2'], ['3']]);
  });

  it('gives an event twice, with the same id', async () => {
    emit('1', '2');
    simulator.inject({ cloud: 'aws', kind: 'duplicate', count: 1 });
    const { events } = await page();
    expect(events?.map((event) => event.message)).toEqual(['1', '2', '2']);
    expect(new Set(events?.map((event) => event.eventId)).size).toBe(2);
  });

  it('refuses a good token once on request', async () => {
    emit('1', '2');
    simulator.inject({ cloud: 'aws', kind: 'expired-page-token', count: 1 });
    const { nextToken } = await page({ limit: 1 });
    await expect(page({ limit: 1, nextToken })).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await expect(page({ limit: 1, nextToken })).resolves.toMatchObject({ events: [{ message: '2' }] });
  });

  it('makes events arrive late, up to what AWS accepts', async () => {
    simulator.inject({ cloud: 'aws', kind: 'late-arrival', delayMs: 2 * 86_400_000, count: 1 });
    const [entry] = emit('from an agent that was offline');
    expect(entry).toMatchObject({ timestamp: (start - 2 * 86_400_000) * 1000, observedTimestamp: start * 1000 });
    simulator.inject({ cloud: 'aws', kind: 'late-arrival', delayMs: 15 * 86_400_000, count: 1 });
    expect(() => emit('too old')).toThrow('aws does not accept events more than 14 days old');
    expect(await pages()).toEqual([['from an agent that was offline']]);
  });

  it('makes events late and piles them up', async () => {
    emit('0');
    clock.advance(5);
    simulator.inject({ cloud: 'aws', kind: 'pile-up', count: 1 });
    simulator.inject({ cloud: 'aws', kind: 'late', delayMs: 86_400_000, count: 1, skip: 1 });
    const [first] = emit('1');
    expect(first?.timestamp).toBe(start * 1000);
    const [second] = emit('2');
    expect(second?.visibleTimestamp).toBe((start + 5 + 86_400_000) * 1000);
    expect(await pages()).toEqual([['0', '1']]);
    clock.advance(86_400_000);
    expect(await pages()).toEqual([['0', '1', '2']]);
  });
});
