import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lookAtConnections } from './look-at-connections.ts';

const patience = 60_000;
const since = Date.UTC(2026, 0, 1, 8) * 1000;
let kafka: Kafka;

beforeEach(async () => {
  kafka = memoryBroker().connect();
  await kafka.admin.createTopics([topics.connections, topics.connectionStatus]);
});
afterEach(() => kafka.close());

async function write<Value>(topic: TopicSpec<Value>, key: string, value: Value): Promise<void> {
  const producer = await kafka.producer();
  const partition = partitionFor(key, topic.partitions);
  await producer.send([{ topic: topic.name, partition, key: Buffer.from(key), value: topic.codec.encode(value) }]);
  await producer.close();
}

/** @param status null: nobody has taken it up. */
async function connection(
  name: string,
  status: Partial<ConnectionStatus> | null = {},
  changes: Partial<Connection> = {},
): Promise<void> {
  const id = `conn_${name.toLowerCase().replaceAll(' ', '_')}`;
  await write(topics.connections, id, {
    id,
    project_id: 'shop',
    name,
    provider: 'aws',
    config: '{}',
    sealed_credentials: null,
    desired_state: 'running',
    version: 1,
    created_at: 0,
    updated_at: 0,
    rewind: null,
    parsing: null,
    ...changes,
  });
  if (status === null) return;
  await write(topics.connectionStatus, id, {
    connection_id: id,
    project_id: 'shop',
    connection_version: 1,
    state: 'running',
    state_since: since,
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
    complete_up_to: since,
    last_error: null,
    rewind: null,
    ...status,
  });
}

const heldBack = (reason: 'starting' | 'quota', help: string | null = null) => ({
  held_back: { reason, since, detail: 'Requests wait for their turn: 5 a second', help },
});

it('doctor sums up in one line when all is well', async () => {
  await connection('Checkout');
  await connection('Payments');
  await connection('Nightly', { state: 'idle', quiet_since: since });
  await connection('Old', { state: 'stopped' }, { desired_state: 'stopped' });
  expect(await lookAtConnections(kafka, patience)).toEqual([
    { what: 'connections', ok: true, detail: '4 connections: 2 complete, 1 quiet, 1 stopped' },
  ]);
});

it('doctor says that there is no connection', async () => {
  expect(await lookAtConnections(kafka, patience)).toEqual([
    { what: 'connections', ok: true, detail: 'there is none' },
  ]);
});

it('doctor names what is held back, why, since when and what to do, and never an id', async () => {
  await connection('Checkout');
  await connection('Shop output', heldBack('quota', 'Ask for a higher quota.'));
  await connection('New one', heldBack('starting'));
  const found = await lookAtConnections(kafka, patience);
  expect(found).toEqual([
    { what: 'connections', ok: false, detail: '3 connections: 1 complete, 1 catching up, 1 held back' },
    {
      what: 'connection',
      ok: true,
      detail:
        'New one (project shop) is catching up since 2026-01-01T08:00:00.000Z (starting): Requests wait for their turn: 5 a second.',
    },
    {
      what: 'connection',
      ok: false,
      detail:
        'Shop output (project shop) is held back since 2026-01-01T08:00:00.000Z (quota): Requests wait for their turn: 5 a second. Ask for a higher quota.',
    },
  ]);
  expect(JSON.stringify(found)).not.toContain('conn_');
});

it('doctor names what fails before it is behind, with its last error', async () => {
  const error = { code: 'connector.auth_refused', message: 'the key is refused', help: 'Make a new one', at: since };
  await connection('Audit', { state: 'auth_refused', last_error: { ...error, retry_at: null } });
  expect((await lookAtConnections(kafka, patience))[1]).toEqual({
    what: 'connection',
    ok: false,
    detail: 'Audit (project shop) is auth_refused since 2026-01-01T08:00:00.000Z: the key is refused. Make a new one.',
  });
});

it('doctor names what no process has taken up, unless it was changed just now', async () => {
  await connection('Forgotten', null);
  await connection('Fresh', null, { updated_at: Date.now() * 1000 });
  expect(await lookAtConnections(kafka, patience)).toEqual([
    { what: 'connections', ok: false, detail: '2 connections: 1 starting, 1 not read' },
    {
      what: 'connection',
      ok: false,
      detail: 'Forgotten (project shop) is read by no process: is one running with the role ingest?',
    },
  ]);
});

it('doctor names twenty at most, and counts the others', async () => {
  for (let index = 0; index < 23; index += 1) await connection(`c${index}`, heldBack('quota'));
  const found = await lookAtConnections(kafka, patience);
  expect(found).toHaveLength(22);
  expect(found.at(-1)?.detail).toContain('and 3 more');
});

it('doctor says so when Kafka does not give them in time', async () => {
  const broker = memoryBroker();
  const paused = broker.connect();
  broker.pauseClient(paused);
  expect(await lookAtConnections(paused, 100)).toEqual([
    { what: 'connections', ok: false, detail: 'cannot be read: Kafka did not give them within 0.1 s' },
  ]);
});
