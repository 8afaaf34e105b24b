import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Simulator } from '@tailrace/cloud-simulator/simulator.ts';
import { startSimulator } from '@tailrace/cloud-simulator/start.ts';
import { Secret } from '@tailrace/config/secret.ts';
import { openKeyRing } from '@tailrace/credentials/key-ring.ts';
import { sealCredentials } from '@tailrace/credentials/sealed-credentials.ts';
import { readStatuses } from '@tailrace/ingestion/storing/status-table.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { deleteTestTopics } from '@tailrace/role/delete-test-topics.ts';
import { openTestKafka } from '@tailrace/role/open-test-kafka.ts';
import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import { readPartition } from '@tailrace/stream/reading/read-partition.ts';
import { rawTopics, topics } from '@tailrace/topics/topics.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

const topicPrefix = `ingest-${randomBytes(4).toString('hex')}.`;
const encryptionKey = randomBytes(32).toString('base64url');
const keys = openKeyRing(new Secret(encryptionKey));
const ids = Array.from({ length: 6 }, (_, index) => `conn_ingest${index}`);
const main = new URL('./main.ts', import.meta.url).pathname;
const never = new AbortController().signal;

let kafka: Kafka;
let simulator: Simulator;
let children: ChildProcess[] = [];
let emitting: NodeJS.Timeout;

beforeAll(async () => {
  simulator = await startSimulator({ clouds: ['aws'] });
  kafka = await openTestKafka(topicPrefix);
  await kafka.admin.createTopics(Object.values(topics));
  await Promise.all(ids.map((id) => addConnection(id)));
});
afterEach(async () => {
  clearInterval(emitting);
  await Promise.all(children.map(kill));
  children = [];
});
afterAll(async () => {
  await simulator.stop();
  await kafka.close();
  await deleteTestTopics(topicPrefix);
});

/** A connection that reads a log group of its own. */
async function addConnection(
  id: string,
  settings: Readonly<Record<string, unknown>> = {},
  change: Partial<Pick<Connection, 'version' | 'rewind' | 'desired_state'>> = {},
): Promise<void> {
  const { endpoint, region, keys: accessKeys } = simulator.aws;
  const { accessKeyId, secretAccessKey } = accessKeys.active;
  const config = { endpoint, region, log_group: groupOf(id), access_key_id: accessKeyId, poll_interval_ms: 200 };
  const connection: Connection = {
    id,
    project_id: 'project',
    name: id,
    provider: 'aws',
    config: JSON.stringify({ ...config, ...settings }),
    sealed_credentials: await sealCredentials(keys, id, { secret_access_key: secretAccessKey }),
    desired_state: 'running',
    version: 1,
    created_at: 0,
    updated_at: 0,
    rewind: null,
    parsing: null,
    ...change,
  };
  simulator.emit([{ cloud: 'aws', source: groupOf(id), message: 'the group exists' }]);
  const { name, codec } = topics.connections;
  const producer = await kafka.producer();
  await producer.send([
    { topic: name, partition: partitionOf(id), key: Buffer.from(id), value: codec.encode(connection) },
  ]);
  await producer.close();
}

function groupOf(id: string): string {
  return `/test/${id}`;
}

function partitionOf(id: string): number {
  return partitionFor(id, topics.connections.partitions);
}

function startProcess(): ChildProcess {
  const child = spawn(process.execPath, [main], {
    env: {
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      KAFKA_BROKERS: process.env.TEST_KAFKA_BROKERS,
      TOPIC_PREFIX: topicPrefix,
      CREDENTIAL_ENCRYPTION_KEY: encryptionKey,
      CLOUD_ENDPOINT_ALLOWLIST: new URL(simulator.aws.endpoint).host,
      PORT: '0',
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.push(child);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Lines in every group, all the time: whatever a process is doing when it dies, it is doing something. */
function keepEmitting(): void {
  emitting = setInterval(() => {
    simulator.emit(ids.map((id) => ({ cloud: 'aws', source: groupOf(id), message: `line of ${id}` })));
  }, 50);
}

async function statusOf(id: string): Promise<ConnectionStatus | undefined> {
  return (await readStatuses(kafka, partitionOf(id), never)).get(id);
}

async function ownersOf(wanted: readonly string[]): Promise<(number | undefined)[]> {
  const statuses = await Promise.all(wanted.map(statusOf));
  return statuses.map((status) => (status?.state === 'running' ? Number(status.owner.split('/')[1]) : undefined));
}

/** `<connection> <event id>` of every committed event, of live ones or of those that a rewind has read again. */
async function received(wanted: readonly string[] = ids, rewindId: string | null = null): Promise<string[]> {
  const events: string[] = [];
  const { partitions, name, codec } = rawTopics.aws;
  for (const partition of new Set(wanted.map((id) => partitionFor(id, partitions)))) {
    for await (const records of readPartition(kafka, name, partition, never)) {
      for (const { key, value } of records) {
        const event = value ? codec.decode(value) : undefined;
        if (event?.rewind_id !== rewindId || !wanted.includes(event.connection_id)) continue;
        events.push(`${key?.toString()} ${event.event_id}`);
      }
    }
  }
  return events.sort();
}

function emitted(wanted: readonly string[] = ids): string[] {
  return wanted
    .flatMap((id) => simulator.ledger.entries({ source: groupOf(id) }).map((entry) => `${id} ${entry.id}`))
    .sort();
}

async function expectExactlyTheLedger(): Promise<void> {
  clearInterval(emitting);
  await expect.poll(async () => (await received()).length, { timeout: 90_000, interval: 200 }).toBe(emitted().length);
  expect(await received()).toEqual(emitted());
}

describe('ingest processes on a real Kafka', () => {
  it('share the connections, and survive the kill -9 of either without a loss or a repetition', async () => {
    keepEmitting();
    let [first, second] = [startProcess(), startProcess()];
    const bothWork = async () => {
      const owners = await ownersOf(ids);
      expect(new Set(owners)).toEqual(new Set([first.pid, second.pid]));
    };
    for (let round = 0; round < 3; round++) {
      await vi.waitFor(bothWork, { timeout: 90_000, interval: 200 });
      const owners = await ownersOf(ids);
      const orphans = ids.filter((_, index) => owners[index] === first.pid);
      const killed = performance.now();
      await kill(first);
      const taken = async () => expect(new Set(await ownersOf(orphans))).toEqual(new Set([second.pid]));
      await vi.waitFor(taken, { timeout: 60_000, interval: 100 });
      console.log(`taken over after ${(performance.now() - killed).toFixed(0)} ms`);
      [first, second] = [second, startProcess()];
    }
    await expectExactlyTheLedger();
  }, 600_000);

  it('share the quota of an account too: together they ask no more often than it may', async () => {
    const pair = [startProcess(), startProcess()];
    const bothWork = async () => expect(new Set(await ownersOf(ids))).toEqual(new Set(pair.map(({ pid }) => pid)));
    await vi.waitFor(bothWork, { timeout: 90_000, interval: 200 });
    const asked = () => simulator.requests.count('aws', 'FilterLogEvents');
    const before = asked();
    const seconds = 15;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const requests = asked() - before;
    console.log(`two processes made ${requests} requests in ${seconds} s; the account may make 5 a second`);
    // Six connections that poll five times a second want six times as much.
    expect(requests).toBeGreaterThan(seconds);
    expect(requests).toBeLessThanOrEqual(5 * (seconds + 1));
  }, 300_000);

  it('write nothing after a stop past their session, and work again afterwards', async () => {
    keepEmitting();
    const paused = startProcess();
    const owns = (child: ChildProcess) => async () =>
      expect(new Set(await ownersOf(ids))).toEqual(new Set([child.pid]));
    await vi.waitFor(owns(paused), { timeout: 90_000, interval: 200 });
    paused.kill('SIGSTOP');
    const next = startProcess();
    // The group waits for the paused member: its session, or the rebalance that the new one asks for.
    await vi.waitFor(owns(next), { timeout: 90_000, interval: 200 });
    paused.kill('SIGCONT');
    const shared = async () => expect(new Set(await ownersOf(ids))).toEqual(new Set([paused.pid, next.pid]));
    await vi.waitFor(shared, { timeout: 90_000, interval: 200 });
    await expectExactlyTheLedger();
  }, 600_000);

  it('go on with a rewind after each kill -9, and neither it nor the live stream loses or repeats a line', async () => {
    const id = 'conn_rewound';
    // They share the account's quota, and would leave this one a page every few seconds.
    await Promise.all(ids.map((other) => addConnection(other, {}, { version: 2, desired_state: 'stopped' })));
    const small = { start_from: '-1h', batch_size: 10 };
    await addConnection(id, small);
    const ago = (minutes: number) => (Date.now() - minutes * 60_000) * 1000;
    const line = (index: number) => ({ timestamp: ago(index % 30), observedTimestamp: ago(index % 30) });
    simulator.emit(
      Array.from({ length: 300 }, (_, index) => ({
        cloud: 'aws' as const,
        source: groupOf(id),
        message: `old line ${index}`,
        ...line(index),
      })),
    );
    let running = startProcess();
    const isLive = async () => expect((await received([id])).length).toBe(emitted([id]).length);
    await vi.waitFor(isLive, { timeout: 180_000, interval: 200 });
    const old = emitted([id]);
    const requestedAt = Date.now() * 1000;
    const rewind = { id: 'rwd_kill', to: ago(45), requested_at: requestedAt, reason: null };
    await new Promise((resolve) => setTimeout(resolve, 5));
    await addConnection(id, small, { version: 2, rewind });
    const rewound = () => received([id], rewind.id);
    const killedAt: number[] = [];
    // Few enough that the account's five requests a second, a page of ten lines each, are mostly the rewind's.
    emitting = setInterval(() => {
      simulator.emit([{ cloud: 'aws', source: groupOf(id), message: 'a new line' }]);
    }, 250);
    for (let kills = 0; kills < 3; kills++) {
      const before = killedAt.at(-1) ?? 0;
      await vi.waitFor(async () => expect((await rewound()).length).toBeGreaterThan(before), {
        timeout: 90_000,
        interval: 20,
      });
      await kill(running);
      killedAt.push((await rewound()).length);
      running = startProcess();
    }
    expect(killedAt.at(-1)).toBeLessThan(old.length);
    const isDone = async () => expect((await statusOf(id))?.rewind?.finished_at).toEqual(expect.any(Number));
    await vi.waitFor(isDone, { timeout: 240_000, interval: 200 });
    clearInterval(emitting);
    await vi.waitFor(isLive, { timeout: 180_000, interval: 200 });
    expect(await received([id])).toEqual(emitted([id]));
    expect(await rewound()).toEqual(old);
    expect((await statusOf(id))?.rewind?.events).toBe(old.length);
  }, 600_000);
});
