import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { expect, it } from 'vitest';
import { readRange } from './read-partition.ts';

const { name: topic } = topics.dead;

async function filled(records: number) {
  const broker = memoryBroker();
  const kafka = broker.connect();
  await kafka.admin.createTopics([topics.dead]);
  const producer = await kafka.producer();
  const values = Array.from({ length: records }, (_, n) => Buffer.from(String(n)));
  await producer.send(values.map((value) => ({ topic, partition: 0, key: null, value })));
  return { broker, kafka };
}

it('passes over what retention removed after the range was asked for', async () => {
  const { broker, kafka } = await filled(10);
  broker.truncate(topic, 0, 4);
  const offsets: number[] = [];
  const range = { topic, partition: 0, from: 1, to: 10 };
  for await (const { records } of readRange(kafka, range, new AbortController().signal)) {
    offsets.push(...records.map(({ offset }) => offset));
  }
  expect(offsets).toEqual([4, 5, 6, 7, 8, 9]);
});

it('ends where retention has removed the whole range', async () => {
  const { broker, kafka } = await filled(10);
  broker.truncate(topic, 0, 8);
  const found: number[] = [];
  const range = { topic, partition: 0, from: 1, to: 6 };
  for await (const { records } of readRange(kafka, range, new AbortController().signal)) found.push(records.length);
  expect(found).toEqual([]);
});
