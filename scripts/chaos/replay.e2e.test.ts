import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Secret } from '@tailrace/config/secret.ts';
import { signToken } from '@tailrace/http/tokens.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { openKafka } from '@tailrace/kafka/open-kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { createTestDatabase } from '@tailrace/postgres/test-database.ts';
import { deleteTestTopics } from '@tailrace/role/delete-test-topics.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { readPartition } from '@tailrace/stream/read-partition.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterAll, expect, it } from 'vitest';
import { RoleProcess } from './role-process.ts';

/** `REPLAY_CHAOS_RECORDS=500000 REPLAY_CHAOS_KILLS=20` for the whole of it. */
const count = Number(process.env.REPLAY_CHAOS_RECORDS ?? 60_000);
const kills = Number(process.env.REPLAY_CHAOS_KILLS ?? 5);
const baselineMs = 8000;

const project = 'chaos';
const liveConnection = 'conn_live';
const brokers = process.env.TEST_KAFKA_BROKERS ?? '';
const topicPrefix = `replay-${randomBytes(4).toString('hex')}.`;
const directory = mkdtempSync(join(tmpdir(), 'replay-chaos-'));
const jwtSecret = randomBytes(32).toString('hex');
const cleanUp = new AsyncDisposableStack();
afterAll(async () => {
  await cleanUp.disposeAsync();
  if (process.env.CHAOS_KEEP_LOGS === undefined) rmSync(directory, { recursive: true });
});

/** The seeded events' times lie before any live one's. */
const first = (Date.now() - 3 * 3_600_000) * 1000;
const range = { from: new Date(first / 1000).toISOString(), to: new Date(first / 1000 + 3_600_000).toISOString() };
const levels = ['DEBUG', 'INFO', 'INFO', 'WARN', 'ERROR'];

function rawEvent(connection: string, id: string, timestamp: number, message: string): RawEvent {
  return {
    connection_id: connection,
    project_id: project,
    provider: 'aws',
    event_id: id,
    timestamp,
    timestamp_nanos: 0,
    observed_timestamp: timestamp + 1000,
    ingest_timestamp: timestamp + 2000,
    source: { region: 'eu-central-1', log_group: '/ecs/checkout' },
    stream: 'checkout/1',
    payload: JSON.stringify({ message }),
    rewind_id: null,
  };
}

function outgoing(event: RawEvent) {
  const { name: topic, partitions, codec } = topics.rawAws;
  return {
    topic,
    partition: partitionFor(event.connection_id, partitions),
    key: Buffer.from(event.connection_id),
    value: codec.encode(event),
    headers: { project, connection: event.connection_id },
  };
}

async function seed(kafka: Kafka): Promise<void> {
  const producer = await kafka.producer();
  for (let start = 0; start < count; start += 5000) {
    const events = Array.from({ length: Math.min(5000, count - start) }, (_, offset) => {
      const index = start + offset;
      const message = `{"level":"${levels[index % levels.length]}","msg":"order ${index} placed","duration_ms":${index % 977}}`;
      return rawEvent(`conn_${index % 12}`, `event-${index}`, first + index * 1000, message);
    });
    await producer.send(events.map(outgoing));
  }
  await producer.close();
}

/** Live lines all the while, each timed from its append as a raw event to its canonical record. */
class LiveLoad {
  readonly #kafka: Kafka;
  readonly #stop = new AbortController();
  #samples: number[] = [];
  #done: Promise<unknown> = Promise.resolve();

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  async start(): Promise<void> {
    const ends = await this.#kafka.admin.offsets(topics.logs.name, 'latest');
    const positions = ends.map((offset, partition) => ({ topic: topics.logs.name, partition, offset }));
    this.#done = Promise.all([this.#write(), this.#read(positions)]);
    this.#done.catch(() => undefined);
  }

  /** The 99th percentile of what arrived since it was last asked, milliseconds. */
  take(): number {
    const samples = this.#samples.toSorted((one, other) => one - other);
    this.#samples = [];
    return samples[Math.floor(samples.length * 0.99)] ?? Number.NaN;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #write(): Promise<void> {
    const producer = await this.#kafka.producer();
    for (let line = 0; !this.#stop.signal.aborted; line += 10) {
      const sentAt = Date.now();
      const events = Array.from({ length: 10 }, (_, index) =>
        rawEvent(liveConnection, `live-${line + index}`, sentAt * 1000 + index, `live ${sentAt}`),
      );
      await producer.send(events.map(outgoing));
      await delay(40);
    }
    await producer.close();
  }

  async #read(positions: readonly { topic: string; partition: number; offset: number }[]): Promise<void> {
    const reader = await this.#kafka.reader({ positions });
    while (!this.#stop.signal.aborted) {
      for (const { records } of await reader.poll(this.#stop.signal)) {
        const now = Date.now();
        for (const { value, headers } of records) {
          if (value === null || headers.get('connection')?.toString() !== liveConnection) continue;
          this.#samples.push(now - Number(topics.logs.codec.decode(value).body.slice('live '.length)));
        }
      }
    }
    await reader.close();
  }
}

it(`a replay of ${count} records whose process is killed ${kills} times ends as an uninterrupted one does`, async () => {
  const database = await createTestDatabase();
  cleanUp.defer(() => database.drop());
  const env = {
    KAFKA_BROKERS: brokers,
    TOPIC_PREFIX: topicPrefix,
    DATABASE_URL: database.url,
    JWT_SECRET: jwtSecret,
    CREDENTIAL_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
    HTTP_RATE_LIMIT: '1000000',
    LOG_LEVEL: process.env.CHAOS_LOG_LEVEL ?? 'info',
  };
  cleanUp.defer(() => deleteTestTopics(topicPrefix));
  const roles = new Map<string, RoleProcess>();
  cleanUp.defer(async () => void (await Promise.all([...roles.values()].map((each) => each.stop()))));
  // One after the other: the first creates the topics.
  for (const role of ['sink', 'normaliser', 'api', 'replayer']) {
    const created = await RoleProcess.create(role, role, env, directory);
    roles.set(role, created);
    created.start();
    await created.ready();
  }
  const replayer = roles.get('replayer') as RoleProcess;
  const logger = createLogger({ level: 'silent' });
  const kafka = await openKafka({ brokers: brokers.split(','), topicPrefix, logger });
  cleanUp.defer(() => kafka.close());

  const token = await signToken(
    new Secret(jwtSecret),
    { subject: 'chaos', projects: [project], role: 'admin' },
    { expiresInSeconds: 3600 },
  );
  async function api(method: string, path: string, body?: object) {
    const response = await fetch(`${roles.get('api')?.url}/api/v1/live-logs/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer as { id: string; status: string; progress: { matched: number; written: number } };
  }
  const replay = (fields: object = {}) => api('POST', 'replays', { project_id: project, ...range, ...fields });
  const show = (id: string) => api('GET', `replays/${id}`);
  const completed = (id: string) =>
    expect.poll(async () => (await show(id)).status, { timeout: 240_000, interval: 100 }).toBe('completed');

  /** What stands of the seeded events: one line for each row, in one snapshot, whichever replay wrote it. */
  async function digest(): Promise<{ rows: number; digest: string }> {
    const { rows } = await database.pool.query(
      `select count(*)::int as rows, md5(string_agg(md5(row(timestamp, id, connection_id, severity_number,
           severity_text, body, resource, attributes, parser, normaliser_version, raw_partition, raw_offset)::text), ''
           order by timestamp, id)) as digest from logs where connection_id <> $1`,
      [liveConnection],
    );
    return rows[0];
  }
  /** As an older normaliser would have left them. */
  const outdate = () =>
    database.pool.query(
      `update logs set normaliser_version = 0, body = 'stale', severity_number = 0, attributes = '{}', replay_id = null
         where connection_id <> $1`,
      [liveConnection],
    );
  const storedOf = async (id: string) =>
    (await database.pool.query('select count(*)::int as rows from logs where replay_id = $1', [id])).rows[0].rows;
  const storedAll = (id: string) => expect.poll(() => storedOf(id), { timeout: 120_000, interval: 200 }).toBe(count);

  await seed(kafka);
  await expect.poll(async () => (await digest()).rows, { timeout: 180_000, interval: 500 }).toBe(count);
  const live = await digest();
  await outdate();
  const stale = await digest();
  expect(stale.digest).not.toBe(live.digest);

  const load = new LiveLoad(kafka);
  await load.start();
  await delay(2000);
  load.take();
  await delay(baselineMs);
  const baseline = load.take();

  const uninterrupted = await replay();
  await completed(uninterrupted.id);
  const during = load.take();
  await storedAll(uninterrupted.id);
  const expected = await digest();
  expect(expected).toEqual(live);

  await outdate();
  load.take();
  const share = Math.floor(count / (kills + 1));
  const { id } = await replay({ records_per_second: share });
  for (let killed = 0; killed < kills; killed += 1) {
    const due = share * killed + 1;
    await expect
      .poll(async () => (await show(id)).progress.matched, { timeout: 60_000, interval: 20 })
      .toBeGreaterThanOrEqual(due);
    await delay(Math.random() * 200);
    expect((await show(id)).status).toBe('running');
    await replayer.kill9();
    replayer.start();
  }
  await completed(id);
  const withKills = load.take();
  expect((await show(id)).progress).toMatchObject({ matched: count, written: count });
  await storedAll(id);
  expect(await digest()).toEqual(expected);

  const ids: string[] = [];
  for (let partition = 0; partition < topics.logsReplayed.partitions; partition += 1) {
    for await (const records of readPartition(
      kafka,
      topics.logsReplayed.name,
      partition,
      AbortSignal.timeout(60_000),
    )) {
      for (const { value } of records) {
        const record = value && topics.logsReplayed.codec.decode(value);
        if (record?.replay_id === id) ids.push(record.id);
      }
    }
  }
  expect([ids.length, new Set(ids).size]).toEqual([count, count]);
  await load.stop();
  const ratio = (value: number) => `${value} ms (${(value / baseline).toFixed(2)} ×)`;
  console.log(
    `raw → logs p99: ${baseline} ms without a replay, ${ratio(during)} with one, ${ratio(withKills)} with one that is killed ${kills} times`,
  );
}, 600_000);
