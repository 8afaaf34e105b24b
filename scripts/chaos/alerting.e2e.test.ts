import { randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { openKafka } from '@tailrace/kafka/open-kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { deleteTestTopics } from '@tailrace/role/delete-test-topics.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { readPartition } from '@tailrace/stream/read-partition.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterAll, expect, it } from 'vitest';
import { RoleProcess } from './role-process.ts';

/**
 * A killed member's partitions move when its session of 6 s is over, so one process can be killed about every 7 s. Five
 * installations side by side, ten kills each, make fifty in little more than a minute.
 */
const installations = 5;
const killsEach = 10;

const brokers = process.env.TEST_KAFKA_BROKERS ?? '';
const directory = mkdtempSync(join(tmpdir(), 'alerting-chaos-'));
const origin = Date.UTC(2026, 10, 25) * 1000;
const at = (bucket: number) => origin + bucket * 10_000_000;
const connections = ['conn_a', 'conn_b', 'conn_c', 'conn_d', 'conn_e', 'conn_f', 'conn_g'];
const cleanUp = new AsyncDisposableStack();
afterAll(async () => {
  await cleanUp.disposeAsync();
  rmSync(directory, { recursive: true });
});

const base = {
  project_id: 'shop',
  severity: 'high',
  enabled: true,
  filter: null,
  group_by: null,
  notification_channels: ['in_app'],
  revision: 1,
  version: 1,
  created_at: origin,
  updated_at: origin,
} as const;
const rate = JSON.stringify({ threshold: 20, window_minutes: 1 });
const rules: readonly AlertRule[] = [
  { ...base, id: 'rule_rate', name: 'rate', alert_type: 'error_rate', conditions: rate, cooldown_minutes: 2 },
  {
    ...base,
    id: 'rule_hosts',
    name: 'hosts',
    alert_type: 'error_rate',
    conditions: JSON.stringify({ threshold: 3, window_minutes: 1 }),
    group_by: 'host',
    cooldown_minutes: 1,
  },
  {
    ...base,
    id: 'rule_pattern',
    name: 'pattern',
    alert_type: 'pattern_match',
    conditions: JSON.stringify({ pattern: 'line \\d*7 ' }),
    group_by: 'connection',
    cooldown_minutes: 3,
  },
  {
    ...base,
    id: 'rule_level',
    name: 'level',
    alert_type: 'log_level',
    conditions: JSON.stringify({ log_levels: ['fatal'] }),
    cooldown_minutes: 0,
  },
];

/** Half an hour of lines, mostly in order, some up to three minutes late. The same for every installation. */
function makeLines(): LogRecord[] {
  return Array.from({ length: 6000 }, (_, index) => {
    const mixed = Math.imul(index + 1, 0x9e3779b1) >>> 0;
    const bucket = Math.max(0, Math.floor(index / 33) - (mixed % 10 === 0 ? (mixed >>> 8) % 18 : 0));
    const busy = Math.floor(bucket / 12) % 3 === 0;
    return {
      id: `line${String(index).padStart(6, '0')}`,
      project_id: 'shop',
      connection_id: connections[mixed % connections.length] ?? '',
      provider: 'aws',
      timestamp: at(bucket) + (mixed % 10_000_000),
      timestamp_nanos: 0,
      observed_timestamp: at(bucket),
      ingest_timestamp: at(bucket),
      severity_number: index % 97 === 0 ? 21 : busy && mixed % 7 === 0 ? 17 : 9,
      severity_text: '',
      body: `line ${mixed % 1000} of chaos`,
      trace_id: null,
      span_id: null,
      resource: {},
      attributes: { host: `h${mixed % 5}` },
      stream: 's',
      parser: 'plain',
      normaliser_version: 1,
      truncated_from: null,
      flags: [],
      raw_partition: 0,
      raw_offset: index,
      replay_id: null,
    };
  });
}

function statusOf(connection: string, bucket: number): ConnectionStatus {
  return {
    connection_id: connection,
    project_id: 'shop',
    connection_version: 1,
    state: 'running',
    state_since: 0,
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
    lag_ms: null,
    lateness_p50_ms: null,
    lateness_p95_ms: null,
    lateness_p99_ms: null,
    lateness: [],
    last_event_time: null,
    last_event_seen_at: null,
    complete_up_to: at(bucket),
    last_error: null,
    rewind: null,
  };
}

/** An installation of which only alerting runs: its lines are written as the normaliser would. */
class Alerting {
  readonly kafka: Kafka;
  readonly process: RoleProcess;
  kills = 0;

  private constructor(kafka: Kafka, process: RoleProcess) {
    this.kafka = kafka;
    this.process = process;
  }

  static async start(name: string): Promise<Alerting> {
    const topicPrefix = `${name}-${randomBytes(4).toString('hex')}.`;
    const kafka = await openKafka({
      brokers: brokers.split(','),
      topicPrefix,
      logger: createLogger({ level: 'silent' }),
    });
    cleanUp.defer(async () => {
      await kafka.close();
      await deleteTestTopics(topicPrefix);
    });
    await kafka.admin.createTopics(Object.values(topics));
    const environment = { KAFKA_BROKERS: brokers, TOPIC_PREFIX: topicPrefix, LOG_LEVEL: 'info' };
    const process = await RoleProcess.create('alerting', name, environment, directory);
    cleanUp.defer(() => process.kill9());
    const alerting = new Alerting(kafka, process);
    await alerting.write(
      topics.alertRules,
      rules.map((rule) => [rule.id, rule]),
    );
    process.start();
    return alerting;
  }

  async write<Value>(
    topic: TopicSpec<Value>,
    values: readonly (readonly [key: string, value: Value])[],
  ): Promise<void> {
    const producer = await this.kafka.producer();
    await producer.send(
      values.map(([key, value]) => ({
        topic: topic.name,
        partition: partitionFor(key, topic.partitions),
        key: Buffer.from(key),
        value: topic.codec.encode(value),
        headers: { project: 'shop' },
      })),
    );
    await producer.close();
  }

  async complete(bucket: number): Promise<void> {
    await this.write(
      topics.connectionStatus,
      connections.map((id) => [id, statusOf(id, bucket)] as const),
    );
  }

  async events(): Promise<Alert[]> {
    const events: Alert[] = [];
    for (let partition = 0; partition < topics.alerts.partitions; partition += 1) {
      for await (const records of readPartition(
        this.kafka,
        topics.alerts.name,
        partition,
        new AbortController().signal,
      )) {
        for (const { value } of records) if (value) events.push(topics.alerts.codec.decode(value));
      }
    }
    return events;
  }

  /** How much both stages have committed of what they read. */
  async committed(): Promise<number> {
    const matched = await this.kafka.admin.committedOffsets('alert-matching', [topics.logs.name]);
    const evaluated = await this.kafka.admin.committedOffsets('alert-evaluation', [topics.alertPartials.name]);
    return [...matched, ...evaluated].reduce((sum, { offset }) => sum + offset, 0);
  }

  /** Kills the process while it works: at a random moment after it has committed something. */
  async killAtWork(): Promise<void> {
    const before = await this.committed();
    await expect.poll(() => this.committed(), { timeout: 60_000, interval: 50 }).toBeGreaterThan(before);
    await delay(randomInt(400));
    await this.process.kill9();
    this.kills += 1;
    this.process.start();
  }
}

/** The alerts in the end, without what is the wall clock's or the order's: ids, times of decision, lateness, sequence. */
function outcome(events: readonly Alert[]): string[] {
  return [...Map.groupBy(events, ({ id }) => id).values()]
    .map((own) => {
      const last = own.reduce((newest, each) => (each.sequence > newest.sequence ? each : newest));
      const { rule_id, group, started_at, status, resolved_at, resolution, value, matched, suppressed, continues } =
        last;
      const lines = last.lines.map(({ id }) => id);
      return JSON.stringify([
        rule_id,
        group,
        started_at,
        status,
        resolved_at,
        resolution,
        value,
        matched,
        suppressed,
        continues !== null,
        lines,
      ]);
    })
    .sort();
}

it(`alerts as if it had not been killed ${installations * killsEach} times`, async () => {
  const lines = makeLines();
  const keyed = lines.map((line) => [line.connection_id, line] as const);
  const calm = await Alerting.start('calm');
  await calm.write(topics.logs, keyed);
  await calm.complete(400);
  const isOver = (events: readonly Alert[]) => {
    const all = outcome(events);
    return all.length > 20 && all.every((each) => each.includes('"resolved"'));
  };
  await expect.poll(async () => isOver(await calm.events()), { timeout: 60_000, interval: 200 }).toBe(true);
  // Nothing is under way any more: the last progress came behind every count.
  const expected = outcome(await calm.events());
  await calm.process.stop();

  const chaotic = await Promise.all(
    Array.from({ length: installations }, (_, index) => Alerting.start(`chaos${index}`)),
  );
  await Promise.all(
    chaotic.map(async (alerting) => {
      const share = Math.ceil(keyed.length / (killsEach + 1));
      for (let round = 0; round <= killsEach; round += 1) {
        const part = keyed.slice(round * share, (round + 1) * share);
        const writing = (async () => {
          for (let from = 0; from < part.length; from += 60) {
            await alerting.write(topics.logs, part.slice(from, from + 60));
            await delay(40);
          }
          const last = Math.floor((Math.min(keyed.length, (round + 1) * share) - 1) / 33);
          await alerting.complete(last - 20);
        })();
        if (round < killsEach) await alerting.killAtWork();
        await writing;
      }
      await alerting.complete(400);
    }),
  );
  for (const alerting of chaotic) {
    await expect
      .poll(async () => outcome(await alerting.events()), { timeout: 60_000, interval: 500 })
      .toEqual(expected);
    const fired = (await alerting.events()).filter(({ event }) => event === 'fired' || event === 'escalated');
    expect(new Set(fired.map(({ id }) => id)).size).toBe(fired.length);
    expect(fired).toHaveLength(expected.length);
  }
  const kills = chaotic.reduce((sum, alerting) => sum + alerting.kills, 0);
  expect(kills).toBe(installations * killsEach);
  console.log(
    `${kills} kills, ${expected.length} alerts in each of ${installations} installations, as in the calm one`,
  );
});
