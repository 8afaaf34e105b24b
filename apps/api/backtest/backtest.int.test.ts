import { randomBytes } from 'node:crypto';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { openKafka } from '@tailrace/kafka/open-kafka.ts';
import { deleteTestTopics } from '@tailrace/role/delete-test-topics.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backtest } from './backtest.ts';
import { compiled, limits, line } from './test-data.ts';

/** What only a broker has: transactions with their markers at the end of each partition, aborted records, several fetches. */
describe.each(['platformatic', 'kafkajs'] as const)('a backtest by %s', (client) => {
  const topicPrefix = `backtest-${client}-${randomBytes(4).toString('hex')}.`;
  const begin = Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000;
  const perConnection = 3000;
  let kafka: Kafka;

  beforeAll(async () => {
    const brokers = (process.env.TEST_KAFKA_BROKERS ?? '').split(',');
    kafka = await openKafka({ client, brokers, topicPrefix, logger: createLogger({ level: 'silent' }) });
    await kafka.admin.createTopics([topics.logs]);
  });
  afterAll(async () => {
    await kafka.close();
    await deleteTestTopics(topicPrefix);
  });

  /** A line of each connection every 100 ms, with a kilobyte of text; each connection in a partition of its own. */
  function linesOf(connection: number): LogRecord[] {
    return Array.from({ length: perConnection }, (_, index) =>
      line(connection * perConnection + index, 0, {
        connection_id: `conn_${connection}`,
        timestamp: (begin + index * 100) * 1000,
        body: 'x'.repeat(1000),
      }),
    );
  }

  async function write(records: readonly LogRecord[], partition: number, end: 'commit' | 'abort'): Promise<void> {
    const producer = await kafka.transactionalProducer(`backtest-${partition}`);
    const transaction = producer.begin();
    await transaction.send(
      records.map((record) => ({
        topic: topics.logs.name,
        partition,
        key: null,
        value: Buffer.from(topics.logs.codec.encode(record)),
        headers: { project: record.project_id, connection: record.connection_id },
        timestamp: Math.floor(record.timestamp / 1000) + 1000,
      })),
    );
    await transaction[end]();
    await producer.close();
  }

  it('reads all partitions in the order of arrival to their ends, past markers and aborted records', async () => {
    const all = [0, 1, 2].map(linesOf);
    for (const [partition, records] of all.entries()) {
      await write(records.slice(0, 1000), partition, 'commit');
      await write(records.slice(0, 1000), partition, 'abort');
      await write(records.slice(1000), partition, 'commit');
      await write(records.slice(0, 10), partition, 'abort');
    }
    const range = { from: begin * 1000, to: (begin + 3_600_000) * 1000 };
    const rule = compiled({ conditions: JSON.stringify({ threshold: 600, window_minutes: 1 }), cooldown_minutes: 60 });
    const request = { project: 'demo', rules: [rule], range, connections: [] };
    const { rules, read, isWhole } = await backtest(kafka, limits, request, AbortSignal.timeout(120_000));
    expect([read.records, rules[0]?.matched, isWhole]).toEqual([9000, 9000, true]);
    expect(
      rules[0]
        ?.alerts()
        .map(({ group, status }) => [group, status])
        .sort(),
    ).toEqual([
      ['conn_0', 'resolved'],
      ['conn_1', 'resolved'],
      ['conn_2', 'resolved'],
    ]);
    const later = { ...request, range: { ...range, from: (begin + 200_000) * 1000 } };
    const part = await backtest(kafka, limits, later, AbortSignal.timeout(120_000));
    expect(part.rules[0]?.matched).toBe(3000);
    expect(part.read.records).toBeLessThan(9000);
  });
});
