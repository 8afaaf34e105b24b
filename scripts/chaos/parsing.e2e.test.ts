import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Secret } from '@tailrace/config/secret.ts';
import { signToken } from '@tailrace/http/access/tokens.ts';
import { openKafka } from '@tailrace/kafka/open-kafka.ts';
import { normalise } from '@tailrace/normalise/normalise.ts';
import { compileRules } from '@tailrace/normalise/own-parsing/compile-rules.ts';
import { RuleSet } from '@tailrace/normalise/own-parsing/rule-set.ts';
import { createTestDatabase } from '@tailrace/postgres/test-database.ts';
import { deleteTestTopics } from '@tailrace/role/delete-test-topics.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { readPartition } from '@tailrace/stream/reading/read-partition.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterAll, expect, it } from 'vitest';
import { awsEvent } from './aws-events.ts';
import { RoleProcess } from './role-process.ts';

/** Changes of the rules; `PARSING_CHAOS_ROUNDS=20` for long. */
const rounds = Number(process.env.PARSING_CHAOS_ROUNDS ?? 3);
const stageMs = 120_000;
const project = 'chaos';
const brokers = process.env.TEST_KAFKA_BROKERS ?? '';
const topicPrefix = `parsing-${randomBytes(4).toString('hex')}.`;
const directory = mkdtempSync(join(tmpdir(), 'parsing-chaos-'));
const jwtSecret = randomBytes(32).toString('hex');
const cleanUp = new AsyncDisposableStack();
afterAll(async () => {
  await cleanUp.disposeAsync();
  if (process.env.CHAOS_KEEP_LOGS === undefined) rmSync(directory, { recursive: true });
});

const levels = ['debug', 'info', 'warn', 'error'];
/** Each version reads the same lines otherwise. */
const rulesOf = (version: number) => [
  {
    name: `odd-${version}`,
    pattern: '^%{WORD:till} <(?P<sev>\\w)> (?P<amount>\\d*[13579]) (?P<message>.*)',
    level: { group: 'sev', map: { K: levels[version % 4] } },
  },
  ...(version % 2 === 0 ? [] : [{ name: 'even', pattern: `^(?P<till_${version}>\\w+) <(?P<message>.*)` }]),
];

it(
  `while ${rounds} changes of the rules are applied to the past and processes are killed, each line ends as the last rules say`,
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
    const roles: Record<'sink' | 'normaliser' | 'api' | 'replayer', RoleProcess> = {
      sink: await RoleProcess.create('sink', 'sink', env, directory),
      normaliser: await RoleProcess.create('normaliser', 'normaliser', env, directory),
      api: await RoleProcess.create('api', 'api', env, directory),
      replayer: await RoleProcess.create('replayer', 'replayer', env, directory),
    };
    cleanUp.defer(async () => void (await Promise.all(Object.values(roles).map((each) => each.stop()))));
    // The first creates the topics.
    roles.sink.start();
    await roles.sink.ready();
    for (const each of [roles.normaliser, roles.api, roles.replayer]) each.start();
    await Promise.all([roles.normaliser, roles.api, roles.replayer].map((each) => each.ready()));
    const kafka = await openKafka({
      brokers: brokers.split(','),
      topicPrefix,
      logger: createLogger({ level: 'silent' }),
    });
    cleanUp.defer(() => kafka.close());
    const claims = { subject: 'chaos', projects: [project], role: 'admin' } as const;
    const token = await signToken(new Secret(jwtSecret), claims, { expiresInSeconds: 3600 });
    async function api(method: string, path: string, body?: object) {
      const response = await fetch(`${roles.api.url}/api/v1/live-logs/${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
      });
      const answer = await response.json();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
      return answer as { id: string; status: string; progress: { matched: number } };
    }
    const { id: connection } = await api('POST', 'connections', {
      project_id: project,
      connection_name: 'tills',
      cloud_provider: 'aws',
      connection_config: {
        access_key_id: 'AKIAIOSFODNN7EXAMPLE',
        secret_access_key: 'x'.repeat(40),
        region: 'eu-west-1',
        log_group: 'g',
      },
    });
    const stored = async () =>
      (await database.pool.query('select count(*)::int as rows from logs')).rows[0].rows as number;

    // About 200 lines a second, until it is stopped.
    const enough = new AbortController();
    let written = 0;
    const load = (async () => {
      const producer = await kafka.producer();
      while (!enough.signal.aborted) {
        const now = Date.now() * 1000;
        const events = Array.from({ length: 10 }, (_, index) => {
          const number = written + index;
          return awsEvent({
            project,
            connection,
            id: `line-${number}`,
            timestamp: now + index,
            message: `till${number % 7} <K> ${number} beep ${number}`,
          });
        });
        await producer.send(events);
        written += events.length;
        await delay(50);
      }
      await producer.close();
    })();
    load.catch(() => undefined);

    const restart = async (role: RoleProcess) => {
      await role.kill9();
      role.start();
    };
    await expect.poll(stored, { timeout: stageMs, interval: 100 }).toBeGreaterThan(200);
    for (let version = 1; version <= rounds; version++) {
      await api('PUT', `connections/${connection}`, { parsing_rules: rulesOf(version) });
      const isLast = version === rounds;
      // Lines that are read while it starts again, with whatever rules it knew.
      if (!isLast) await delay(Math.random() * 150);
      await restart(roles.normaliser);
      const { id } = await api('POST', 'replays', {
        project_id: project,
        connection_ids: [connection],
        from: 'earliest',
        ...(isLast ? {} : { records_per_second: 2000 }),
      });
      const show = () => api('GET', `replays/${id}`);
      await expect
        .poll(async () => (await show()).progress.matched, { timeout: stageMs, interval: 20 })
        .toBeGreaterThan(0);
      await restart(roles.replayer);
      await expect.poll(async () => (await show()).status, { timeout: stageMs, interval: 100 }).toBe('completed');
    }
    enough.abort();
    await load;
    await expect.poll(stored, { timeout: stageMs, interval: 100 }).toBe(written);

    const compiled = compileRules(rulesOf(rounds));
    if ('problems' in compiled) throw new Error('the rules of the test are wrong');
    const rules = new RuleSet(rounds, compiled);
    const expected: string[] = [];
    for (let partition = 0; partition < topics.rawAws.partitions; partition++) {
      for await (const records of readPartition(kafka, topics.rawAws.name, partition, AbortSignal.timeout(60_000))) {
        for (const { value, offset } of records) {
          if (value !== null)
            expected.push(
              shown(normalise(topics.rawAws.codec.decode(value) as RawEvent, { partition, offset }, { rules })),
            );
        }
      }
    }
    const everyRow = async () => {
      const { rows } = await database.pool.query(
        `select replace(id::text, '-', '') as id, body, severity_number, parser, attributes, normaliser_version, raw_offset::int from logs`,
      );
      return rows.map(shown).sort();
    };
    // What the last replay wrote may still be on its way to the table.
    await expect.poll(everyRow, { timeout: stageMs, interval: 300 }).toEqual(expected.sort());
    expect(expected).toHaveLength(written);
    expect(new Set(expected.map((each) => each.split(' ', 1)[0])).size).toBe(written);
  },
  10 * stageMs,
);

interface Shown {
  readonly id: string;
  readonly body: string;
  readonly severity_number: number;
  readonly parser: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly normaliser_version: number;
  readonly raw_offset: number;
}

function shown({ id, body, severity_number, parser, attributes, normaliser_version, raw_offset }: Shown): string {
  const sorted = Object.entries(attributes).sort(([one], [other]) => (one < other ? -1 : 1));
  return `${id} ${JSON.stringify([body, severity_number, parser, sorted, normaliser_version, raw_offset])}`;
}
