import { randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { testLine } from '@tailrace/alert-rules/test-lines.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { openKafka } from '@tailrace/kafka/open-kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { deleteTestTopics } from '@tailrace/role/delete-test-topics.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { readPartition } from '@tailrace/stream/reading/read-partition.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterAll, expect, it } from 'vitest';
import { at, rule, status } from '../../apps/alerting/test-data.ts';
import { RoleProcess } from './role-process.ts';

/**
 * A killed member's partitions move when its session of 6 s is over, so one process can be killed about every 7 s. Five
 * installations side by side, ten kills each, make fifty in little more than a minute.
 */
const installations = 5;
const killsEach = 10;

const brokers = process.env.TEST_KAFKA_BROKERS ?? '';
const directory = mkdtempSync(join(tmpdir(), 'alerting-chaos-'));
const connections = ['conn_a', 'conn_b', 'conn_c', 'conn_d', 'conn_e', 'conn_f', 'conn_g'];
const cleanUp = new AsyncDisposableStack();
afterAll(async () => {
  await cleanUp.disposeAsync();
  rmSync(directory, { recursive: true });
});

const rules: readonly AlertRule[] = [
  rule({ id: 'rule_rate', conditions: JSON.stringify({ threshold: 20, window_minutes: 1 }) }),
  rule({ id: 'rule_hosts', group_by: 'host', cooldown_minutes: 1 }),
  rule({
    id: 'rule_pattern',
    alert_type: 'pattern_match',
    conditions: JSON.stringify({ pattern: 'line \\d*7 ' }),
    group_by: 'connection',
    cooldown_minutes: 3,
  }),
  rule({
    id: 'rule_level',
    alert_type: 'log_level',
    conditions: JSON.stringify({ log_levels: ['fatal'] }),
    cooldown_minutes: 0,
  }),
];

/** Half an hour of lines, mostly in order, some up to three minutes late. The same for every installation. */
function makeLines(): LogRecord[] {
  return Array.from({ length: 6000 }, (_, index) => {
    const mixed = Math.imul(index + 1, 0x9e3779b1) >>> 0;
    const bucket = Math.max(0, Math.floor(index / 33) - (mixed % 10 === 0 ? (mixed >>> 8) % 18 : 0));
    const busy = Math.floor(bucket / 12) % 3 === 0;
    return testLine(index, {
      connection_id: connections[mixed % connections.length] ?? '',
      timestamp: at(bucket) + (mixed % 10_000_000),
      severity_number: index % 97 === 0 ? 21 : busy && mixed % 7 === 0 ? 17 : 9,
      body: `line ${mixed % 1000} of chaos`,
      attributes: { host: `h${mixed % 5}` },
      raw_offset: index,
    });
  });
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
      connections.map((id) => [id, status(bucket, { connection_id: id })] as const),
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
    await expect.poll(() => this.committed(), { timeout: 180_000, interval: 50 }).toBeGreaterThan(before);
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

it(`alerting alerts as if it had not been killed ${installations * killsEach} times`, async () => {
  const lines = makeLines();
  const keyed = lines.map((line) => [line.connection_id, line] as const);
  const calm = await Alerting.start('calm');
  await calm.write(topics.logs, keyed);
  await calm.complete(400);
  const isOver = (all: readonly string[]) => all.length > 20 && all.every((each) => each.includes('"resolved"'));
  // A partition of the evaluation may have fired nothing yet while all alerts of the others are over.
  let expected: readonly string[] = [];
  const settled = async () => {
    const before = expected;
    expected = outcome(await calm.events());
    return isOver(expected) && expected.length === before.length;
  };
  await expect.poll(settled, { timeout: 180_000, interval: 3000 }).toBe(true);
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
      .poll(async () => outcome(await alerting.events()), { timeout: 180_000, interval: 500 })
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
