import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Secret } from '@tailrace/config/secret.ts';
import { signToken } from '@tailrace/http/access/tokens.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { openKafka } from '@tailrace/kafka/open-kafka.ts';
import { createTestDatabase } from '@tailrace/postgres/test-database.ts';
import { deleteTestTopics } from '@tailrace/role/delete-test-topics.ts';
import { readPartition } from '@tailrace/stream/reading/read-partition.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterAll, expect, it } from 'vitest';
import { awsEvent } from './aws-events.ts';
import { type Latency, LiveLoad, latencyOf } from './live-load.ts';
import { RoleProcess } from './role-process.ts';

/** `REPLAY_CHAOS_RECORDS=500000 REPLAY_CHAOS_KILLS=20` for the whole of it. */
const count = Number(process.env.REPLAY_CHAOS_RECORDS ?? 60_000);
const kills = Number(process.env.REPLAY_CHAOS_KILLS ?? 5);
const baselineMs = 8000;
/** Longest time for all records to go through one stage. */
const stageMs = 180_000 + count;
const longestMs = 300_000 + 4 * stageMs + kills * 30_000;

const project = 'chaos';
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

async function seed(kafka: Kafka): Promise<void> {
  const producer = await kafka.producer();
  for (let start = 0; start < count; start += 5000) {
    const events = Array.from({ length: Math.min(5000, count - start) }, (_, offset) => {
      const index = start + offset;
      const message = `{"level":"${levels[index % levels.length]}","msg":"order ${index} placed","duration_ms":${index % 977}}`;
      const connection = `conn_${index % 12}`;
      return awsEvent({ project, connection, id: `event-${index}`, timestamp: first + index * 1000, message });
    });
    await producer.send(events);
  }
  await producer.close();
}

it(
  `a replay of ${count} records whose process is killed ${kills} times ends as an uninterrupted one does`,
  async () => {
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
      expect.poll(async () => (await show(id)).status, { timeout: stageMs, interval: 100 }).toBe('completed');

    /** What stands of the seeded events: one line for each row, in one snapshot, whichever replay wrote it. */
    async function digest(): Promise<{ rows: number; digest: string }> {
      const { rows } = await database.pool.query(
        `select count(*)::int as rows, md5(string_agg(md5(row(timestamp, id, connection_id, severity_number,
           severity_text, body, resource, attributes, parser, normaliser_version, raw_partition, raw_offset)::text), ''
           order by timestamp, id)) as digest from logs where connection_id <> $1`,
        [LiveLoad.connection],
      );
      return rows[0];
    }
    /** As an older normaliser would have left them. */
    const outdate = () =>
      database.pool.query(
        `update logs set normaliser_version = 0, body = 'stale', severity_number = 0, attributes = '{}', replay_id = null
         where connection_id <> $1`,
        [LiveLoad.connection],
      );
    const storedOf = async (id: string) =>
      (await database.pool.query('select count(*)::int as rows from logs where replay_id = $1', [id])).rows[0].rows;
    const storedAll = (id: string) => expect.poll(() => storedOf(id), { timeout: stageMs, interval: 200 }).toBe(count);

    await seed(kafka);
    await expect.poll(async () => (await digest()).rows, { timeout: stageMs, interval: 500 }).toBe(count);
    const live = await digest();
    await outdate();
    const stale = await digest();
    expect(stale.digest).not.toBe(live.digest);

    const load = new LiveLoad(kafka, project);
    await load.start();
    await delay(2000);
    load.take();
    await delay(baselineMs);
    const baseline = latencyOf(load.take());

    const uninterrupted = await replay();
    await completed(uninterrupted.id);
    const during = latencyOf(load.take());
    await storedAll(uninterrupted.id);
    const expected = await digest();
    expect(expected).toEqual(live);

    await outdate();
    load.take();
    const share = Math.floor(count / (kills + 1));
    // Slow enough that it still runs when its last kill comes.
    const { id } = await replay({ records_per_second: Math.floor(share / 3) });
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
    const withKills = latencyOf(load.take());
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
    // In the short form a burst or two decide the p99: what the promise is measured by is the whole form.
    const measured = ({ lines, p50, p99 }: Latency) =>
      `p50 ${p50} p99 ${p99} ms (${(p99 / baseline.p99).toFixed(2)} ×) of ${lines} lines`;
    console.log(
      [
        'raw → logs',
        `  without a replay: ${measured(baseline)}`,
        `  with one: ${measured(during)}`,
        `  with one that is killed ${kills} times: ${measured(withKills)}`,
      ].join('\n'),
    );
  },
  longestMs,
);
