import type { Kafka, TopicPartitionOffset } from '@tailrace/kafka/kafka.ts';
import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { rawTopics, topics } from '@tailrace/topics/topics.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogStore } from './log-store.ts';
import { measureLiveLag } from './measure-live-lag.ts';

let kafka: Kafka;
/** As if the sink had stored this. */
let stored: TopicPartitionOffset[];

beforeEach(async () => {
  kafka = memoryBroker().connect();
  stored = [];
  await kafka.admin.createTopics([...Object.values(rawTopics), topics.logs, topics.logsReplayed]);
});
afterEach(() => kafka.close());

async function write(topic: string, count: number, timestamp = Date.now()): Promise<void> {
  const producer = await kafka.producer();
  const record = { topic, partition: 1, key: null, value: Buffer.from('x'), timestamp };
  await producer.send(Array.from({ length: count }, () => record));
  await producer.close();
}

function measure() {
  const store: Pick<LogStore, 'sinkOffsets'> = { sinkOffsets: async () => stored };
  return measureLiveLag(kafka, store as LogStore, 1000);
}

describe('live lines come', () => {
  it('when the first look finds recent ones, and then when there are more at each look', async () => {
    // However long it takes until that is looked at.
    await write(topics.rawAzure.name, 3, Date.now() + 60_000);
    const look = measure();
    expect((await look()).flows).toBe(true);
    expect((await look()).flows).toBe(false);
    await write(topics.rawGcp.name, 1);
    expect((await look()).flows).toBe(true);
    expect((await look()).flows).toBe(false);
  });

  it('not when all there are have been there for long', async () => {
    await write(topics.rawAws.name, 3, Date.now() - 60_000);
    const look = measure();
    expect((await look()).flows).toBe(false);
    await write(topics.rawAws.name, 1);
    expect((await look()).flows).toBe(true);
  });

  it('not when a replay writes', async () => {
    const look = measure();
    expect((await look()).flows).toBe(false);
    await write(topics.logsReplayed.name, 100);
    expect((await look()).flows).toBe(false);
  });
});

it('the measurement of live lag names every group that is behind by more than is in flight anyway', async () => {
  const look = measure();
  await write(topics.logs.name, 2001);
  expect((await look()).behind).toMatchObject({ reason: 'live_lag', detail: 'the sink is 2001 records behind' });
  stored = [{ topic: topics.logs.name, partition: 1, offset: 1 }];
  expect((await look()).behind).toBeUndefined();
});
