import { randomBytes } from 'node:crypto';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { partitionFor } from '@tailrace/kafka/partitioner.ts';
import { settings as normaliserSettings } from '@tailrace/normaliser/config.ts';
import { start as startNormaliser } from '@tailrace/normaliser/start.ts';
import { deleteTestTopics } from '@tailrace/role/delete-test-topics.ts';
import { openTestKafka } from '@tailrace/role/open-test-kafka.ts';
import type { RunningRole } from '@tailrace/role/role.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { Metrics } from '@tailrace/telemetry/metrics.ts';
import type { TopicSpec } from '@tailrace/topics/topic-spec.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settings } from './config.ts';
import { start } from './start.ts';
import { raw, rule, status } from './test-data.ts';

/** What only a broker has: transactions of others in the logs, their markers, and polls that must end when a task is woken. */
describe.each(['platformatic', 'kafkajs'] as const)('alerting by %s', (client) => {
  const topicPrefix = `alerting-${client}-${randomBytes(4).toString('hex')}.`;
  const logger = createLogger({ level: 'silent' });
  let kafka: Kafka;
  let roles: RunningRole[] = [];
  const alerts: { readonly alert: Alert; readonly seenAt: number }[] = [];
  const stop = new AbortController();
  let watching: Promise<void>;

  beforeAll(async () => {
    kafka = await openTestKafka(topicPrefix, { client });
    await kafka.admin.createTopics(Object.values(topics));
    const deps = { kafka, logger, metrics: new Metrics() };
    roles = await Promise.all([start(settings.parse({}), deps), startNormaliser(normaliserSettings.parse({}), deps)]);
    watching = watch();
    // Awaited in the end.
    watching.catch(() => undefined);
  });
  afterAll(async () => {
    stop.abort();
    await watching;
    await Promise.all(roles.map((role) => role.stop()));
    await kafka.close();
    await deleteTestTopics(topicPrefix);
  });

  async function watch(): Promise<void> {
    const { partitions } = topics.alerts;
    const positions = Array.from({ length: partitions }, (_, partition) => ({
      topic: topics.alerts.name,
      partition,
      offset: 0,
    }));
    const reader = await kafka.reader({ positions });
    while (!stop.signal.aborted) {
      for (const { records } of await reader.poll(stop.signal)) {
        for (const { value } of records) {
          if (value) alerts.push({ alert: topics.alerts.codec.decode(value), seenAt: performance.now() });
        }
      }
    }
    await reader.close();
  }

  async function write<Value>(topic: TopicSpec<Value>, key: string, values: readonly Value[]): Promise<void> {
    const producer = await kafka.transactionalProducer(`test-${topic.name}`);
    const transaction = producer.begin();
    const partition = partitionFor(key, topic.partitions);
    await transaction.send(
      values.map((value) => ({
        topic: topic.name,
        partition,
        key: Buffer.from(key),
        value: topic.codec.encode(value),
      })),
    );
    await transaction.commit();
    await producer.close();
  }
  const of = (id: string) => alerts.filter(({ alert }) => alert.rule_id === id).map(({ alert }) => alert);

  it('fires, and resolves behind the lines although every log ends in markers of transactions', async () => {
    await expect.poll(() => roles.every((role) => role.readiness().ready), { timeout: 60_000 }).toBe(true);
    await write(topics.alertRules, 'rule_1', [rule()]);
    await expect
      .poll(
        async () => {
          await write(topics.rawAws, 'conn_a', [raw(60), raw(60), raw(61)]);
          return of('rule_1').length;
        },
        { timeout: 30_000 },
      )
      .toBeGreaterThan(0);
    const producer = await kafka.transactionalProducer('aborts');
    const aborted = producer.begin();
    await aborted.send([
      {
        topic: topics.rawAws.name,
        partition: partitionFor('conn_a', topics.rawAws.partitions),
        key: null,
        value: Buffer.from('x'),
      },
    ]);
    await aborted.abort();
    await producer.close();
    await write(topics.connectionStatus, 'conn_a', [status(80)]);
    await expect
      .poll(() => of('rule_1').at(-1), { timeout: 30_000 })
      .toMatchObject({ event: 'resolved', resolution: 'condition_ended' });
    expect(of('rule_1')[0]).toMatchObject({ event: 'fired', late: false, status: 'open' });
  });

  it('decides on each line as it comes, and prints how soon', async () => {
    const given = { alert_type: 'pattern_match', group_by: 'stream', conditions: JSON.stringify({ pattern: 'stock' }) };
    await write(topics.alertRules, 'rule_2', [rule({ id: 'rule_2', ...given })]);
    const fired = (group: string) => alerts.find(({ alert }) => alert.rule_id === 'rule_2' && alert.group === group);
    await expect
      .poll(
        async () => {
          await write(topics.rawAws, 'conn_a', [raw(100, { stream: 'first' })]);
          return fired('first');
        },
        { timeout: 30_000 },
      )
      .toBeDefined();
    const times: number[] = [];
    for (let index = 0; index < 40; index += 1) {
      const group = `stream ${index}`;
      const started = performance.now();
      await write(topics.rawAws, 'conn_a', [raw(100 + index, { stream: group })]);
      await expect.poll(() => fired(group), { timeout: 30_000, interval: 5 }).toBeDefined();
      times.push((fired(group)?.seenAt ?? 0) - started);
    }
    times.sort((one, other) => one - other);
    console.log(`${client}: raw event → alert, ms: p50 ${times[20]?.toFixed(0)} max ${times.at(-1)?.toFixed(0)}`);
  });

  it('follows a changed rule within two seconds, and ends what it had', async () => {
    await write(topics.alertRules, 'rule_2', [rule({ id: 'rule_2', enabled: false, version: 2 })]);
    await expect
      .poll(() => of('rule_2').filter(({ resolution }) => resolution === 'rule_disabled').length, { timeout: 30_000 })
      .toBeGreaterThan(0);
    const open = [...Map.groupBy(of('rule_2'), ({ id }) => id).values()].filter((own) => own.at(-1)?.status === 'open');
    expect(open).toEqual([]);
  });
});
