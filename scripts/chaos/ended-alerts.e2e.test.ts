import { randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { testLine } from '@tailrace/alert-rules/test-lines.ts';
import { startReceiver } from '@tailrace/channels/test-receiver.ts';
import { openKafka } from '@tailrace/kafka/open-kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { deleteTestTopics } from '@tailrace/role/delete-test-topics.ts';
import type { AlertRule } from '@tailrace/schemas/generated/alert-rule.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { at, rule, status } from '../../apps/alerting/test-data.ts';
import { RoleProcess } from './role-process.ts';

/**
 * A receiver that was notified of an alert is notified of its end, also when its rule was deleted, changed or turned off:
 * alerting and the notifier are killed around each change, before it and after it.
 */
const brokers = process.env.TEST_KAFKA_BROKERS ?? '';
const directory = mkdtempSync(join(tmpdir(), 'ended-alerts-'));
const topicPrefix = `ended-${randomBytes(4).toString('hex')}.`;
const logger = createLogger({ level: 'silent' });
const kafka = await openKafka({ brokers: brokers.split(','), topicPrefix, logger });
const receiver = await startReceiver();
const processes: RoleProcess[] = [];

interface Received {
  readonly status: string;
  readonly rule: string;
}

/** What has arrived, each notification once: a kill may repeat one, with the same key. */
function arrived(): Received[] {
  const byKey = new Map(receiver.received.map(({ headers, body }) => [headers['idempotency-key'], body]));
  return [...byKey.values()].flatMap((body) =>
    JSON.parse(body).alerts.map((alert: { status: string; labels: { rule_id: string } }) => ({
      status: alert.status,
      rule: alert.labels.rule_id,
    })),
  );
}

async function write<Value>(topic: TopicSpec<Value>, values: readonly (readonly [string, Value | null])[]) {
  const producer = await kafka.producer();
  const records = values.map(([key, value]) => ({
    topic: topic.name,
    partition: partitionFor(key, topic.partitions),
    key: Buffer.from(key),
    value: value === null ? null : topic.codec.encode(value),
    headers: { project: 'shop' },
  }));
  await producer.send(records).finally(() => producer.close());
}

beforeAll(async () => {
  await kafka.admin.createTopics(Object.values(topics));
  const env = {
    KAFKA_BROKERS: brokers,
    TOPIC_PREFIX: topicPrefix,
    CREDENTIAL_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
    NOTIFICATION_ENDPOINT_ALLOWLIST: receiver.host,
    NOTIFICATION_CHANNEL_RATE: '1200',
  };
  for (const role of ['alerting', 'notifier']) processes.push(await RoleProcess.create(role, role, env, directory));
  const channel = {
    id: 'chan_hook',
    project_id: 'shop',
    name: 'hook',
    channel_type: 'webhook',
    config: JSON.stringify({ url: `${receiver.url}/hook` }),
    sealed_credentials: null,
    version: 1,
    created_at: 0,
    updated_at: 0,
  };
  await write(topics.notificationChannels, [['chan_hook', channel]]);
});
afterAll(async () => {
  await Promise.all(processes.map((each) => each.kill9()));
  await receiver.close();
  await kafka.close();
  await deleteTestTopics(topicPrefix);
  rmSync(directory, { recursive: true });
});

const conditions = JSON.stringify({ pattern: 'no stock', case_sensitive: true });
const newRule = (id: string, changes: Partial<AlertRule> = {}) =>
  rule({ id, name: id, alert_type: 'pattern_match', conditions, notification_channels: ['chan_hook'], ...changes });

it('the end of each alert arrives once, however its rule ended and whenever processes were killed', async () => {
  const ends: Readonly<Record<string, (id: string) => AlertRule | null>> = {
    deleted: () => null,
    changed: (id) => newRule(id, { revision: 2, version: 2, conditions: conditions.replace('no stock', 'sold out') }),
    disabled: (id) => newRule(id, { version: 2, enabled: false }),
  };
  const kinds = Object.keys(ends);
  const rounds = 3;
  const idsOf = (round: number) => kinds.map((kind) => `rule_${kind}_${round}`);
  const all = Array.from({ length: rounds }, (_, round) => idsOf(round)).flat();
  for (const each of processes) each.start();
  await write(
    topics.alertRules,
    all.map((id) => [id, newRule(id)]),
  );
  // A line is of no rule that was read after it, so lines come until all have fired.
  let lines = 0;
  const count = (wanted: string) => arrived().filter((each) => each.status === wanted).length;
  const fired = async () => {
    lines += 1;
    await write(topics.logs, [
      ['conn_a', testLine(lines, { project_id: 'shop', timestamp: at(60), body: 'no stock' })],
    ]);
    return new Set(arrived().map((each) => each.rule)).size;
  };
  await expect.poll(fired, { timeout: 180_000, interval: 500 }).toBe(all.length);
  expect(count('resolved')).toBe(0);

  for (let round = 0; round < rounds; round += 1) {
    const [first, second] = round % 2 === 0 ? processes : processes.toReversed();
    await first?.kill9();
    await write(
      topics.alertRules,
      kinds.map((kind) => {
        const id = `rule_${kind}_${round}`;
        return [id, ends[kind]?.(id) ?? null];
      }),
    );
    await delay(randomInt(300));
    await second?.kill9();
    for (const each of processes) each.start();
    // Once more while they take up what the dead have left.
    await delay(randomInt(8000));
    await processes[round % 2]?.kill9();
    processes[round % 2]?.start();
  }
  await expect.poll(() => count('resolved'), { timeout: 300_000, interval: 500 }).toBeGreaterThanOrEqual(all.length);
  await write(topics.connectionStatus, [['conn_a', status(400)]]);
  const resolved = arrived().filter((each) => each.status === 'resolved');
  expect(resolved.map((each) => each.rule).sort()).toEqual(all.sort());
  const repeats =
    receiver.received.length - new Set(receiver.received.map(({ headers }) => headers['idempotency-key'])).size;
  console.log(
    `${all.length} rules ended, ${3 * rounds} kills: ${resolved.length} ends arrived, ${repeats} messages repeated`,
  );
  expect(repeats).toBeLessThanOrEqual(3 * rounds);
}, 900_000);
