import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Simulator } from '@tailrace/cloud-simulator/simulator.ts';
import { startSimulator } from '@tailrace/cloud-simulator/start.ts';
import { Secret } from '@tailrace/config/secret.ts';
import { readStatuses } from '@tailrace/connector/status-table.ts';
import { openKeyRing } from '@tailrace/credentials/key-ring.ts';
import { sealCredentials } from '@tailrace/credentials/sealed-credentials.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { openKafka } from '@tailrace/kafka/open-kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { deleteTestTopics } from '@tailrace/role/delete-test-topics.ts';
import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import { readPartition } from '@tailrace/stream/read-partition.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { rawTopics, topics } from '@tailrace/topics/topics.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

const topicPrefix = `ingest-${randomBytes(4).toString('hex')}.`;
const encryptionKey = randomBytes(32).toString('base64url');
const keys = openKeyRing(new Secret(encryptionKey));
const ids = Array.from({ length: 6 }, (_, index) => `conn_ingest${index}`);
const main = new URL('./main.ts', import.meta.url).pathname;
/** A session of 6 s that runs out, then the rebalance. */
const takeoverMs = 10_000;
const never = new AbortController().signal;

let kafka: Kafka;
let simulator: Simulator;
let children: ChildProcess[] = [];
let emitting: NodeJS.Timeout;

beforeAll(async () => {
  simulator = await startSimulator({ clouds: ['aws'] });
  kafka = await openKafka({
    brokers: (process.env.TEST_KAFKA_BROKERS ?? '').split(','),
    topicPrefix,
    logger: createLogger({ level: 'silent' }),
  });
  await kafka.admin.createTopics(Object.values(topics));
  await Promise.all(ids.map(addConnection));
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
async function addConnection(id: string): Promise<void> {
  const { endpoint, region, keys: accessKeys } = simulator.aws;
  const { accessKeyId, secretAccessKey } = accessKeys.active;
  const config = { endpoint, region, log_group: groupOf(id), access_key_id: accessKeyId, poll_interval_ms: 200 };
  const connection = {
    id,
    project_id: 'project',
    name: id,
    provider: 'aws' as const,
    config: JSON.stringify(config),
    sealed_credentials: await sealCredentials(keys, id, { secret_access_key: secretAccessKey }),
    desired_state: 'running' as const,
    version: 1,
    created_at: 0,
    updated_at: 0,
    rewind: null,
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

/** `<connection> <event id>` of every committed event. */
async function received(): Promise<string[]> {
  const events: string[] = [];
  const { partitions, name, codec } = rawTopics.aws;
  for (let partition = 0; partition < partitions; partition++) {
    for await (const records of readPartition(kafka, name, partition, never)) {
      for (const { key, value } of records) {
        if (value) events.push(`${key?.toString()} ${codec.decode(value).event_id}`);
      }
    }
  }
  return events.sort();
}

function emitted(): string[] {
  return ids
    .flatMap((id) => simulator.ledger.entries({ source: groupOf(id) }).map((entry) => `${id} ${entry.id}`))
    .sort();
}

async function expectExactlyTheLedger(): Promise<void> {
  clearInterval(emitting);
  await expect.poll(async () => (await received()).length, { timeout: 30_000, interval: 200 }).toBe(emitted().length);
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
      await vi.waitFor(bothWork, { timeout: 30_000, interval: 200 });
      const owners = await ownersOf(ids);
      const orphans = ids.filter((_, index) => owners[index] === first.pid);
      const killed = performance.now();
      await kill(first);
      const taken = async () => expect(new Set(await ownersOf(orphans))).toEqual(new Set([second.pid]));
      await vi.waitFor(taken, { timeout: 15_000, interval: 100 });
      expect(performance.now() - killed).toBeLessThan(takeoverMs);
      [first, second] = [second, startProcess()];
    }
    await expectExactlyTheLedger();
  }, 150_000);

  it('write nothing after a stop past their session, and work again afterwards', async () => {
    keepEmitting();
    const paused = startProcess();
    const owns = (child: ChildProcess) => async () =>
      expect(new Set(await ownersOf(ids))).toEqual(new Set([child.pid]));
    await vi.waitFor(owns(paused), { timeout: 30_000, interval: 200 });
    paused.kill('SIGSTOP');
    const next = startProcess();
    // The group waits for the paused member: its session, or the rebalance that the new one asks for.
    await vi.waitFor(owns(next), { timeout: 45_000, interval: 200 });
    paused.kill('SIGCONT');
    const shared = async () => expect(new Set(await ownersOf(ids))).toEqual(new Set([paused.pid, next.pid]));
    await vi.waitFor(shared, { timeout: 30_000, interval: 200 });
    await expectExactlyTheLedger();
  }, 150_000);
});
