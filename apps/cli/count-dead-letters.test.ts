import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { expect, it } from 'vitest';
import { countDeadLetters } from './count-dead-letters.ts';

it('doctor counts the letters that name no project among the newest ones', async () => {
  const kafka = memoryBroker().connect();
  await kafka.admin.createTopics([topics.dead]);
  expect(await countDeadLetters(kafka)).toEqual({ kept: 0, looked: 0, withoutProject: 0 });
  const producer = await kafka.producer();
  const record = (partition: number) => ({ topic: topics.dead.name, partition, key: null, value: Buffer.from('x') });
  const owned = (partition: number) => ({ ...record(partition), headers: { project: 'demo', connection: 'conn_a' } });
  await producer.send([record(0), ...new Array<ReturnType<typeof owned>>(600).fill(owned(0)), record(3), owned(3)]);
  expect(await countDeadLetters(kafka)).toEqual({ kept: 603, looked: 502, withoutProject: 1 });
  await kafka.close();
});
