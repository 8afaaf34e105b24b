import { randomBytes } from 'node:crypto';
import { loadSettings } from '@tailrace/config/environment.ts';
import { openKeyRing } from '@tailrace/credentials/key-ring.ts';
import { sealCredentials } from '@tailrace/credentials/sealed-credentials.ts';
import { ScriptedCloud } from '@tailrace/ingestion/conformance/scripted-cloud.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import type { RunningRole } from '@tailrace/role/role.ts';
import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import { readPartition } from '@tailrace/stream/reading/read-partition.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { Metrics } from '@tailrace/telemetry/metrics.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { rawTopics, topics } from '@tailrace/topics/topics.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { settings } from './config.ts';
import { start } from './start.ts';

const config = loadSettings(settings, { CREDENTIAL_ENCRYPTION_KEY: randomBytes(32).toString('base64url') });
const keys = openKeyRing(config.credentialEncryptionKey);
const never = new AbortController().signal;

interface Process {
  readonly kafka: Kafka;
  readonly role: RunningRole;
  readonly metrics: Metrics;
}

let broker: ReturnType<typeof memoryBroker>;
let client: Kafka;
let cloud: ScriptedCloud;
let running: Process[];
let versions: number;
let emitted: number;

beforeEach(async () => {
  broker = memoryBroker();
  client = broker.connect();
  cloud = new ScriptedCloud({ axis: 'event' });
  running = [];
  versions = 0;
  emitted = 0;
  await client.admin.createTopics([
    topics.connections,
    topics.checkpoints,
    topics.connectionStatus,
    topics.dead,
    ...Object.values(rawTopics),
  ]);
});
afterEach(async () => {
  cloud.clearFaults();
  await Promise.all(running.map(({ role }) => role.stop()));
  await client.close();
});

async function startProcess(): Promise<Process> {
  const kafka = broker.connect();
  const metrics = new Metrics();
  const logger = createLogger({ level: 'silent' });
  const extensions = { connectors: [cloud.connector] };
  const role = await start(config, { kafka, logger, metrics, extensions });
  role.failed.catch(() => undefined);
  const process = { kafka, role, metrics };
  running.push(process);
  return process;
}

function crash(process: Process): void {
  running = running.filter((each) => each !== process);
  broker.crashClient(process.kafka);
}

async function write(id: string, change: Partial<Connection> | null = {}): Promise<void> {
  const { group, key } = cloud.config;
  versions += 1;
  const connection: Connection = {
    id,
    project_id: 'project',
    name: id,
    provider: 'aws',
    config: JSON.stringify({ group, poll_interval_ms: 50, visibility_bound_ms: 2000 }),
    sealed_credentials: await sealCredentials(keys, id, { key }),
    desired_state: 'running',
    version: versions,
    created_at: 0,
    updated_at: 0,
    rewind: null,
    parsing: null,
    ...change,
  };
  const { name, partitions, codec } = topics.connections;
  const producer = await client.producer();
  const value = change === null ? null : codec.encode(connection);
  await producer.send([{ topic: name, partition: partitionFor(id, partitions), key: Buffer.from(id), value }]);
  await producer.close();
}

async function read<Value>(topic: TopicSpec<Value>): Promise<(readonly [key: string, value: Value | null])[]> {
  const found: (readonly [string, Value | null])[] = [];
  for (let partition = 0; partition < topic.partitions; partition++) {
    for await (const records of readPartition(client, topic.name, partition, never)) {
      for (const { key, value } of records) {
        found.push([key?.toString() ?? '', value === null ? null : topic.codec.decode(value)]);
      }
    }
  }
  return found;
}

async function status(id: string): Promise<ConnectionStatus | null | undefined> {
  return new Map(await read(topics.connectionStatus)).get(id);
}

/** `<connection> <message>` of every committed event. */
async function received(): Promise<string[]> {
  const events = await read(rawTopics.aws);
  return events.map(([key, event]) => `${key} ${JSON.parse(event?.payload ?? '{}').message}`).sort();
}

function emit(count: number): string[] {
  const texts = Array.from({ length: count }, () => `e${String(++emitted).padStart(4, '0')}`);
  cloud.emit(texts.map((text) => ({ text })));
  return texts;
}

async function within<Result>(timeout: number, check: () => Promise<Result>): Promise<Result> {
  return vi.waitFor(check, { timeout, interval: 20 });
}

function expectState(id: string, state: ConnectionStatus['state'], timeout = 20_000): Promise<void> {
  return within(timeout, async () => expect((await status(id))?.state).toBe(state));
}

function expectExactly(ids: readonly string[], texts: readonly string[], timeout = 20_000): Promise<void> {
  const wanted = ids.flatMap((id) => texts.map((text) => `${id} ${text}`)).sort();
  return within(timeout, async () => expect(await received()).toEqual(wanted));
}

describe('ingest', () => {
  it('starts, pauses, edits, stops and deletes a connection', async () => {
    await startProcess();
    await write('conn_a');
    const texts = emit(3);
    await expectExactly(['conn_a'], texts);
    await expectState('conn_a', 'running');

    await write('conn_a', { desired_state: 'paused' });
    await expectState('conn_a', 'paused');
    const asked = cloud.readRequests().length;
    texts.push(...emit(3));
    await write('conn_a', { desired_state: 'stopped' });
    await expectState('conn_a', 'stopped');
    expect(cloud.readRequests().length).toBe(asked);

    await write('conn_a');
    await expectExactly(['conn_a'], texts);
    await write('conn_a', { config: JSON.stringify({ group: 'nowhere', poll_interval_ms: 50 }) });
    await expectState('conn_a', 'not_found');
    expect((await status('conn_a'))?.last_error).toMatchObject({ code: 'connector.not_found' });
    texts.push(...emit(2));
    await write('conn_a');
    await expectExactly(['conn_a'], texts);

    await write('conn_a', null);
    await within(20_000, async () => expect(await status('conn_a')).toBeNull());
    const left = new Map(await read(topics.checkpoints));
    expect([...left.values()].filter((value) => value !== null)).toEqual([]);
    expect(left.size).toBeGreaterThan(1);
  });

  it('rewinds a connection, goes on with it after a pause, and forgets it with the connection', async () => {
    await startProcess();
    await write('conn_a');
    const texts = emit(3);
    await expectExactly(['conn_a'], texts);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const now = Date.now() * 1000;
    const rewind = { id: 'rwd_1', to: now - 60_000_000, requested_at: now, reason: null };
    await write('conn_a', { rewind, desired_state: 'paused' });
    await expectState('conn_a', 'paused');
    expect((await status('conn_a'))?.rewind).toBeNull();
    await write('conn_a', { rewind });
    const finished = { id: 'rwd_1', events: 3, finished_at: expect.any(Number) };
    await within(20_000, async () => expect((await status('conn_a'))?.rewind).toMatchObject(finished));
    await write('conn_a', { rewind, desired_state: 'stopped' });
    await expectState('conn_a', 'stopped');
    expect((await status('conn_a'))?.rewind).toMatchObject(finished);
    const marks = (await read(rawTopics.aws)).map(([, event]) => event?.rewind_id ?? null);
    expect(marks.sort()).toEqual([null, null, null, 'rwd_1', 'rwd_1', 'rwd_1'].sort());
    await write('conn_a', null);
    await within(20_000, async () => expect(await status('conn_a')).toBeNull());
    const left = new Map(await read(topics.checkpoints));
    expect(left.has('conn_a/rewind')).toBe(true);
    expect([...left.values()].filter((value) => value !== null)).toEqual([]);
  });

  it('lets two processes share the connections, and takes over from one that is killed', async () => {
    const ids = Array.from({ length: 8 }, (_, index) => `conn_${index}`);
    for (const id of ids) await write(id);
    const first = await startProcess();
    const texts = emit(5);
    await expectExactly(ids, texts);
    const second = await startProcess();
    texts.push(...emit(5));
    await expectExactly(ids, texts);
    const owned = async ({ metrics }: Process) =>
      [...(await metrics.expose()).matchAll(/tailrace_ingest_connections\{state="\w+"\} (\d+)/g)].reduce(
        (sum, [, count]) => sum + Number(count),
        0,
      );
    await within(20_000, async () => {
      expect(await owned(first)).toBeGreaterThan(0);
      expect(await owned(second)).toBeGreaterThan(0);
      expect((await owned(first)) + (await owned(second))).toBe(ids.length);
    });
    texts.push(...emit(5));
    crash(first);
    texts.push(...emit(5));
    await expectExactly(ids, texts);
    await startProcess();
    await second.role.stop();
    texts.push(...emit(5));
    await expectExactly(ids, texts);
  });

  it('writes nothing after it was stopped past its session and another process took over', async () => {
    await write('conn_a');
    const paused = await startProcess();
    const texts = emit(5);
    await expectExactly(['conn_a'], texts);
    broker.pauseClient(paused.kafka);
    texts.push(...emit(5));
    await startProcess();
    await expectExactly(['conn_a'], texts);
    broker.resumeClient(paused.kafka);
    texts.push(...emit(5));
    await expectExactly(['conn_a'], texts);
    await within(20_000, async () => expect(paused.role.readiness()).toEqual({ ready: true }));
  }, 120_000);

  it('starts a partition over when Kafka fails, from what was committed', async () => {
    await write('conn_a');
    const { kafka } = await startProcess();
    const texts = emit(5);
    await expectExactly(['conn_a'], texts);
    for (const when of ['before', 'after'] as const) {
      for (const operation of ['send', 'commit', 'initProducerId'] as const) {
        broker.failNext({ operation, when }, kafka);
        if (operation === 'initProducerId') broker.failNext({ operation: 'send' }, kafka);
        texts.push(...emit(4));
        await expectExactly(['conn_a'], texts);
      }
    }
  });

  it('says of a connection that cannot be used what is wrong, and runs the others', async () => {
    await startProcess();
    await write('conn_moved', { sealed_credentials: await sealCredentials(keys, 'conn_other', { key: 'x' }) });
    await write('conn_broken', { config: '{"group":' });
    await write('conn_limits', { config: JSON.stringify({ group: 'group', batch_size: 0 }) });
    await write('conn_cloud', { provider: 'gcp' });
    await write('conn_good');
    await expectState('conn_moved', 'credentials_unreadable');
    expect((await status('conn_moved'))?.last_error?.code).toBe('credentials.moved');
    for (const id of ['conn_broken', 'conn_limits', 'conn_cloud']) await expectState(id, 'invalid_config');
    expect((await status('conn_limits'))?.last_error?.message).toContain('batch_size');
    await expectExactly(['conn_good'], emit(3));
    expect(JSON.stringify(await read(topics.connectionStatus))).not.toContain(cloud.config.key);
  });

  it('does not run a connection whose checkpoint it cannot read, and leaves it as it is', async () => {
    const partition = partitionFor('conn_a', topics.checkpoints.partitions);
    const producer = await client.producer();
    const key = Buffer.from('conn_a');
    await producer.send([{ topic: topics.checkpoints.name, partition, key, value: Buffer.from('of another version') }]);
    await producer.close();
    await write('conn_a');
    await startProcess();
    emit(3);
    await expectState('conn_a', 'unreachable');
    expect((await status('conn_a'))?.last_error?.code).toBe('connector.checkpoint_unreadable');
    expect(await received()).toEqual([]);
  });

  it('forgets what was deleted while no process ran', async () => {
    await write('conn_a');
    const first = await startProcess();
    await expectExactly(['conn_a'], emit(3));
    await first.role.stop();
    await write('conn_a', null);
    await startProcess();
    await within(20_000, async () => {
      const left = new Map<string, unknown>([
        ...(await read(topics.checkpoints)),
        ...(await read(topics.connectionStatus)),
      ]);
      expect(left.size).toBeGreaterThan(1);
      expect([...left.values()].every((value) => value === null)).toBe(true);
    });
  });

  it('is quiet when nothing happens', async () => {
    await write('conn_a');
    await write('conn_b', { desired_state: 'paused' });
    await startProcess();
    await expectExactly(['conn_a'], emit(1));
    await expectState('conn_b', 'paused');
    const sizes = async () => (await read(topics.connectionStatus)).length + (await read(topics.checkpoints)).length;
    // The last numbers are reported seconds after the first ones; from then on thirty requests go by without a word.
    await within(60_000, async () => {
      const before = await sizes();
      const asked = cloud.readRequests().length;
      await within(20_000, async () => expect(cloud.readRequests().length).toBeGreaterThan(asked + 30));
      expect(await sizes()).toBe(before);
    });
    expect((await status('conn_a'))?.events).toBe(1);
  }, 120_000);
});
