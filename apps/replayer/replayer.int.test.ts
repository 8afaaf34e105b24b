import { Secret } from '@tailrace/config/secret.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { type MemoryBroker, memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { normalise } from '@tailrace/normalise/normalise.ts';
import { type NormaliseEvent, normaliserTopology } from '@tailrace/normalise/normaliser-topology.ts';
import { normaliserVersion } from '@tailrace/normalise/normaliser-version.ts';
import { lineVersion } from '@tailrace/normalise/own-parsing/line-version.ts';
import { testConnection } from '@tailrace/normalise/own-parsing/test-rules.ts';
import { createTestDatabase, type TestDatabase } from '@tailrace/postgres/test-database.ts';
import { newReplayId, progressKey } from '@tailrace/replays/replay-keys.ts';
import { openReplayTable, type ReplayTable } from '@tailrace/replays/replay-table.ts';
import { testProgress, writeTestProgress } from '@tailrace/replays/test-progress.ts';
import type { RunningRole } from '@tailrace/role/role.ts';
import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import type { DeadLetter } from '@tailrace/schemas/generated/dead-letter.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import type { ReplayProgress } from '@tailrace/schemas/generated/replay-progress.ts';
import type { ReplayRequest } from '@tailrace/schemas/generated/replay-request.ts';
import { runProcessor } from '@tailrace/stream/processing/processor.ts';
import { readPartition } from '@tailrace/stream/reading/read-partition.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { Metrics } from '@tailrace/telemetry/metrics.ts';
import { rawTopics, topics } from '@tailrace/topics/topics.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { start as startSink } from '../sink/start.ts';
import { start } from './start.ts';

const logger = createLogger({ level: 'silent' });
const t0 = Date.now() * 1000 - 3_600_000_000;
const second = 1_000_000;

let broker: MemoryBroker;
let kafka: Kafka;
let database: TestDatabase;
let replays: ReplayTable;
const running = new Set<{ stop(): Promise<void> }>();

beforeEach(async () => {
  database = await createTestDatabase();
  broker = memoryBroker();
  kafka = broker.connect();
  const { logs, logsReplayed, alerts, dead, replays: table } = topics;
  await kafka.admin.createTopics([
    ...Object.values(rawTopics),
    logs,
    logsReplayed,
    alerts,
    dead,
    table,
    topics.positions,
    topics.connections,
  ]);
  replays = openReplayTable({ kafka, logger });
  running.add({ stop: () => replays.table.close() });
  const live = { kafka: broker.connect(), logger, metrics: new Metrics() };
  running.add(runProcessor(normaliserTopology, live));
  const sink = { databaseUrl: new Secret(database.url), logRetentionDays: 3650, alertRetentionDays: 3650 };
  running.add(await startSink({ ...sink, sinkCommitIntervalMs: 0, sinkBatchRecords: 500 }, live));
});
afterEach(async () => {
  await Promise.all([...running].map((each) => each.stop()));
  running.clear();
  await kafka.close();
  await database.drop();
});

/** One event a second from `t0` on, of two connections in turn. */
function rawEvent(index: number): RawEvent {
  const timestamp = t0 + index * second;
  return {
    connection_id: index % 2 === 0 ? 'conn_a' : 'conn_b',
    project_id: 'shop',
    provider: 'aws',
    event_id: `event-${index}`,
    timestamp,
    timestamp_nanos: 0,
    observed_timestamp: timestamp,
    ingest_timestamp: timestamp,
    source: {},
    stream: 's',
    payload: JSON.stringify({ message: `INFO order ${index} placed` }),
    rewind_id: null,
  };
}

async function writeRaw(events: readonly RawEvent[]): Promise<void> {
  const producer = await kafka.producer();
  const { name: topic, partitions, codec } = topics.rawAws;
  await producer.send(
    events.map((event) => ({
      topic,
      partition: partitionFor(event.connection_id, partitions),
      key: Buffer.from(event.connection_id),
      value: codec.encode(event),
      headers: { project: event.project_id, connection: event.connection_id },
    })),
  );
  await producer.close();
}

async function stored(count: number): Promise<void> {
  const total = async () => (await database.pool.query('select count(*)::int as rows from logs')).rows[0].rows;
  await expect.poll(total, { timeout: 30_000 }).toBe(count);
}

async function seed(count: number): Promise<void> {
  await writeRaw(Array.from({ length: count }, (_, index) => rawEvent(index)));
  await stored(count);
}

async function startReplayer(
  transform: NormaliseEvent = normalise,
  batch = 50,
): Promise<{ role: RunningRole; client: Kafka; crash: () => void }> {
  const client = broker.connect();
  const config = {
    databaseUrl: new Secret(database.url),
    replayerBatchRecords: batch,
    replayerLiveSharePercent: 20,
    replayerLiveLagMs: 1000,
  };
  const role = await start(config, { kafka: client, logger, metrics: new Metrics(), normalise: transform });
  running.add(role);
  const crash = () => {
    running.delete(role);
    broker.crashClient(client);
  };
  return { role, client, crash };
}

/** The parser of the next version: it finds the order's number. */
const nextVersion: NormaliseEvent = (raw, position, options) => {
  const record = normalise(raw, position, options);
  const order = Number(/order (\d+)/.exec(record.body)?.[1]);
  const changed = order % 10 === 3;
  return {
    ...record,
    normaliser_version: record.normaliser_version + 1,
    ...(changed && { attributes: { ...record.attributes, order: String(order) }, severity_text: 'NOTICE' }),
  };
};

async function ask(fields: Partial<ReplayRequest> = {}): Promise<string> {
  const id = newReplayId(fields.project_id ?? 'shop');
  await write(id, {
    project_id: 'shop',
    connection_ids: [],
    providers: [],
    from: t0,
    to: t0 + 3600 * second,
    mode: 'apply',
    records_per_second: null,
    desired_state: 'running',
    version: 1,
    created_at: Date.now() * 1000,
    created_by: 'ann',
    connection_positions: [],
    ...fields,
  });
  return id;
}

async function write(id: string, request: ReplayRequest): Promise<void> {
  const producer = await kafka.producer();
  const { name: topic, partitions, codec } = topics.replays;
  const value = codec.encode({ id, request, progress: null });
  await producer.send([{ topic, partition: partitionFor(id, partitions), key: Buffer.from(id), value }]);
  await producer.close();
  await replays.table.until(id, (known) => known?.request?.version === request.version, AbortSignal.timeout(5000));
}

const nothing = testProgress();

/** As a replayer before ours has left it. */
const tell = (id: string, progress: ReplayProgress) => writeTestProgress(kafka, id, progress);

async function want(id: string, desired_state: ReplayRequest['desired_state']): Promise<void> {
  const { request } = replays.get(id)!;
  await write(id, { ...request, desired_state, version: request.version + 1 });
}

async function ended(id: string): Promise<ReplayProgress> {
  await expect.poll(() => replays.get(id)?.progress?.status, { timeout: 30_000 }).not.toMatch(/^(running|undefined)$/);
  return replays.get(id)!.progress!;
}

/** Record ids in `logs.replayed`, of one replay. */
async function replayedIds(replayId: string): Promise<string[]> {
  const found: string[] = [];
  for (let partition = 0; partition < topics.logsReplayed.partitions; partition++) {
    for await (const batch of readPartition(kafka, topics.logsReplayed.name, partition, AbortSignal.timeout(5000))) {
      for (const { value } of batch) {
        const record = topics.logsReplayed.codec.decode(value!);
        if (record.replay_id === replayId) found.push(record.id);
      }
    }
  }
  return found;
}

async function letters(): Promise<readonly DeadLetter[]> {
  const found: DeadLetter[] = [];
  for (let partition = 0; partition < topics.dead.partitions; partition++) {
    for await (const batch of readPartition(kafka, topics.dead.name, partition, AbortSignal.timeout(5000))) {
      for (const { value } of batch) found.push(topics.dead.codec.decode(value!));
    }
  }
  return found;
}

/** What the api would write; null deletes conn_a. */
async function writeConnection(connection: Connection | null): Promise<void> {
  const { name: topic, partitions, codec } = topics.connections;
  const key = connection?.id ?? 'conn_a';
  const producer = await kafka.producer();
  await producer.send([
    {
      topic,
      partition: partitionFor(key, partitions),
      key: Buffer.from(key),
      value: connection && codec.encode(connection),
    },
  ]);
  await producer.close();
}

const connectionEnds = () => kafka.admin.offsets(topics.connections.name, 'last_stable');

interface Row {
  readonly id: string;
  readonly order: string | null;
  readonly version: number;
  readonly replay: string | null;
}

async function rows(): Promise<readonly Row[]> {
  const { rows: found } = await database.pool.query(`select id, attributes->>'order' as order,
    normaliser_version as version, replay_id as replay from logs order by timestamp`);
  return found;
}

describe('the parsing rules of a connection', () => {
  const byNumber = [{ name: 'orders', pattern: '^%{WORD:level} order (?P<order>\\d+) (?P<message>.*)' }];
  const byWord = [{ name: 'words', pattern: '^(?P<word>\\w+) (?P<message>.*)' }];
  const save = (version: number, rules: unknown) => writeConnection(testConnection('conn_a', version, rules));
  const versions = async () =>
    [...new Set((await rows()).map(({ version }) => version))].sort((one, other) => one - other);

  it('make outdated what was read without them: it is compared, then applied, for their connection alone', async () => {
    await seed(100);
    await startReplayer();
    await save(1, byNumber);
    const shadow = await ask({ mode: 'shadow', connection_positions: await connectionEnds() });
    const { differences } = (await ended(shadow)) ?? {};
    expect(differences).toMatchObject({
      unchanged: 50,
      changed: 50,
      applicable: 50,
      fields: { parser: 50, 'attributes.order': 50 },
    });
    expect(await versions()).toEqual([normaliserVersion]);
    const apply = await ask({ connection_positions: await connectionEnds() });
    expect(await ended(apply)).toMatchObject({ status: 'completed', matched: 100 });
    await sinkIsDone();
    for (const [index, { order, version }] of (await rows()).entries()) {
      const isOwn = index % 2 === 0;
      expect([index, order]).toEqual([index, isOwn ? String(index) : null]);
      expect([index, version]).toEqual([index, isOwn ? lineVersion(1, normaliserVersion) : normaliserVersion]);
    }
  });

  it('count before the version of the code, so that neither newer code without them nor earlier ones overwrite their lines', async () => {
    await seed(40);
    const first = await startReplayer();
    await save(2, byNumber);
    await ended(await ask({ connection_positions: await connectionEnds() }));
    await sinkIsDone();
    const before = await rows();
    // The connection is deleted: newer code reads its lines without rules.
    await first.role.stop();
    running.delete(first.role);
    await writeConnection(null);
    await startReplayer((...event) => {
      const record = normalise(...event);
      return { ...record, normaliser_version: record.normaliser_version + 100 };
    });
    await ended(
      await ask({ connection_ids: ['conn_a'], providers: ['aws'], connection_positions: await connectionEnds() }),
    );
    await sinkIsDone();
    expect(await rows()).toEqual(before);
    await save(1, byWord);
    await ended(
      await ask({ connection_ids: ['conn_a'], providers: ['aws'], connection_positions: await connectionEnds() }),
    );
    await sinkIsDone();
    expect(await rows()).toEqual(before);
  });

  it('are those that the one who asked for the replay saw, however late the replayer reads them', async () => {
    await seed(20);
    await startReplayer();
    const [end = 0, ...others] = await connectionEnds();
    const partition = partitionFor('conn_a', topics.connections.partitions);
    const positions = [end, ...others].map((each, index) => (index === partition ? each + 1 : each));
    const id = await ask({ mode: 'shadow', connection_positions: positions });
    // A replay of another project, in another partition, which waits for nothing: by then this one would have ended too.
    await ended(await ask({ project_id: 'bank' }));
    expect(partitionFor('bank', topics.replays.partitions)).not.toBe(partitionFor('shop', topics.replays.partitions));
    expect(replays.get(id)?.progress).toBeUndefined();
    await save(1, byNumber);
    expect((await ended(id))?.differences).toMatchObject({ changed: 10, unchanged: 10 });
  });
});

describe('apply', () => {
  it('renews the rows of the range and of the connections, and changes none the second time', async () => {
    await seed(300);
    await startReplayer(nextVersion);
    const id = await ask({
      connection_ids: ['conn_b'],
      providers: ['aws'],
      from: t0 + 100 * second,
      to: t0 + 200 * second,
    });
    expect(await ended(id)).toMatchObject({ status: 'completed', matched: 50, written: 50, dead: 0 });
    const renewed = async () => (await rows()).filter(({ replay }) => replay === id).length;
    await expect.poll(renewed).toBe(50);
    const after = await rows();
    for (const [index, { order, version, replay }] of after.entries()) {
      const inRange = index >= 100 && index < 200 && index % 2 === 1;
      expect([index, version]).toEqual([index, inRange ? normaliserVersion + 1 : normaliserVersion]);
      expect([index, order]).toEqual([index, inRange && index % 10 === 3 ? String(index) : null]);
      expect([index, replay]).toEqual([index, inRange ? id : null]);
    }
    const again = await ask({
      connection_ids: ['conn_b'],
      providers: ['aws'],
      from: t0 + 100 * second,
      to: t0 + 200 * second,
    });
    expect((await ended(again)).written).toBe(50);
    await sinkIsDone();
    expect(await rows()).toEqual(after);
  });

  it('goes on where a dead process was: every record once, whatever moment it died at', async () => {
    await seed(600);
    const id = await ask();
    for (let kills = 0; kills < 8; kills++) {
      const before = replays.get(id)?.progress?.matched ?? -1;
      const { crash } = await startReplayer(nextVersion, 10);
      await expect
        .poll(() => replays.get(id)?.progress?.matched ?? -1, { timeout: 20_000, interval: 1 })
        .toBeGreaterThan(before);
      crash();
    }
    await startReplayer(nextVersion, 10);
    expect(await ended(id)).toMatchObject({ status: 'completed', matched: 600, written: 600 });
    const ids = await replayedIds(id);
    expect([ids.length, new Set(ids).size]).toEqual([600, 600]);
  });

  it('buries what cannot be read once, however many replays read past it, and says how many', async () => {
    await seed(20);
    const producer = await kafka.producer();
    const headers = { project: 'shop', connection: 'conn_a' };
    await producer.send([{ topic: topics.rawAws.name, partition: 0, key: null, value: Buffer.from('junk'), headers }]);
    const own = { topic: topics.rawAws.name, group: 'replayer', reason: 'processing_failed' };
    const live = { topic: topics.rawAws.name, partition: 0, group: 'normaliser', reason: 'decode_failed' };
    await expect.poll(letters).toMatchObject([live]);
    await startReplayer((raw, position, options) => {
      if (raw.event_id === 'event-7') throw new Error('this version chokes on it');
      return normalise(raw, position, options);
    });
    for (let replayed = 0; replayed < 3; replayed += 1) {
      expect(await ended(await ask())).toMatchObject({ status: 'completed', matched: 19, dead: 2 });
    }
    const found = await letters();
    expect(found.toSorted((one, other) => one.group.localeCompare(other.group))).toMatchObject([live, own]);
  });

  it('of a range with nothing in it has nothing to do', async () => {
    await seed(10);
    await startReplayer();
    const id = await ask({ from: t0 - 500 * second, to: t0 - 400 * second });
    expect(await ended(id)).toMatchObject({ status: 'completed', matched: 0, written: 0 });
  });
});

describe('shadow', () => {
  it('writes nothing, and reports exactly the records that differ, by kind and side by side', async () => {
    await seed(200);
    await startReplayer(nextVersion);
    const id = await ask({ mode: 'shadow' });
    const { differences, written } = await ended(id);
    expect(written).toBe(0);
    expect(await replayedIds(id)).toEqual([]);
    expect(differences).toMatchObject({
      unchanged: 180,
      changed: 20,
      missing: 0,
      applicable: 200,
      kinds: { attribute_added: 20, severity_changed: 20 },
      fields: { 'attributes.order': 20, severity_text: 20 },
    });
    expect(differences?.examples).toHaveLength(20);
    expect(differences?.examples[0]).toMatchObject({
      old: { severity_text: 'INFO' },
      new: { severity_text: 'NOTICE', 'attributes.order': expect.stringMatching(/3$/) },
    });
  });

  it('reports what has no row', async () => {
    await seed(30);
    await database.pool.query(`delete from logs where id in (select id from logs order by timestamp limit 4)`);
    await startReplayer();
    const id = await ask({ mode: 'shadow' });
    expect((await ended(id)).differences).toMatchObject({ unchanged: 26, changed: 0, missing: 4, applicable: 4 });
  });
});

describe('a replay', () => {
  it('rests while it is paused, goes on where it was, and holds to its rate', async () => {
    await seed(400);
    await startReplayer(nextVersion, 10);
    const id = await ask({ records_per_second: 200 });
    await expect.poll(() => replays.get(id)?.progress?.matched ?? 0, { timeout: 20_000 }).toBeGreaterThan(0);
    await want(id, 'paused');
    const other = await ask({ from: t0, to: t0 + 10 * second, mode: 'shadow' });
    // It is its project's next one, so the first is at rest by then.
    expect((await ended(other)).matched).toBe(10);
    const rested = replays.get(id)!.progress!;
    expect(rested.status).toBe('running');
    expect(rested.matched).toBeLessThan(400);
    await want(id, 'running');
    expect(await ended(id)).toMatchObject({ status: 'completed', matched: 400, written: 400 });
    const ids = await replayedIds(id);
    expect([ids.length, new Set(ids).size]).toEqual([400, 400]);
  });

  it('ends when it is cancelled, also before it has begun', async () => {
    await seed(400);
    const early = await ask({ desired_state: 'cancelled' });
    await startReplayer(nextVersion, 10);
    expect((await ended(early)).status).toBe('cancelled');
    const id = await ask({ records_per_second: 50 });
    await expect.poll(() => replays.get(id)?.progress?.matched ?? 0, { timeout: 20_000 }).toBeGreaterThan(0);
    await want(id, 'cancelled');
    const { status, matched } = await ended(id);
    expect(status).toBe('cancelled');
    expect(matched).toBeLessThan(400);
  });

  it('that ended long ago is forgotten, once, and none that did not', async () => {
    const day = 24 * 3_600_000_000;
    const ids = new Map<string, string>();
    for (const [name, daysAgo] of [
      ['old', 31],
      ['young', 29],
    ] as const) {
      const id = await ask();
      ids.set(name, id);
      await tell(id, { ...nothing, status: 'completed', finished_at: Date.now() * 1000 - daysAgo * day });
    }
    const [old = '', young = ''] = ids.values();
    for (const _ of [1, 2]) {
      const { role } = await startReplayer();
      await ended(await ask({ from: t0 - 2 * second, to: t0 - second }));
      running.delete(role);
      await role.stop();
    }
    expect([replays.get(old), replays.get(young)?.progress?.status]).toEqual([undefined, 'completed']);
    const deleted: string[] = [];
    const partition = partitionFor(old, topics.replays.partitions);
    for await (const batch of readPartition(kafka, topics.replays.name, partition, AbortSignal.timeout(5000))) {
      for (const { key, value } of batch) if (value === null) deleted.push(key!.toString());
    }
    expect(deleted).toEqual([old, progressKey(old)]);
  });

  it('waits while the live pipeline is behind, and says so', async () => {
    await seed(20);
    for (const each of [...running].slice(1)) {
      running.delete(each);
      await each.stop();
    }
    await writeRaw(Array.from({ length: 3000 }, (_, index) => rawEvent(100 + index)));
    await startReplayer();
    const id = await ask();
    await expect
      .poll(() => replays.get(id)?.progress, { timeout: 20_000 })
      .toMatchObject({ waiting_for: 'live_lag', waiting_detail: expect.stringMatching(/normaliser is \d+ records/) });
    running.add(runProcessor(normaliserTopology, { kafka: broker.connect(), logger, metrics: new Metrics() }));
    const live = { kafka: broker.connect(), logger, metrics: new Metrics() };
    const sink = { databaseUrl: new Secret(database.url), logRetentionDays: 3650, alertRetentionDays: 3650 };
    running.add(await startSink({ ...sink, sinkCommitIntervalMs: 0, sinkBatchRecords: 500 }, live));
    expect(await ended(id)).toMatchObject({ status: 'completed', matched: 3020, waiting_for: null });
  });
});

/** Nothing of `logs.replayed` is left to be stored. */
async function sinkIsDone(): Promise<void> {
  const ends = await kafka.admin.offsets(topics.logsReplayed.name, 'last_stable');
  await expect
    .poll(async () => {
      const { rows: found } = await database.pool.query(
        `select partition, next_offset::int as next from sink_offsets where topic = 'logs.replayed'`,
      );
      return ends.every(
        (end, partition) => end === 0 || found.some((row) => row.partition === partition && row.next >= end),
      );
    })
    .toBe(true);
}
