import type { Kafka } from '@tailrace/kafka/kafka.ts';
import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { expect, it } from 'vitest';
import { lookAtLags } from './look-at-lags.ts';

async function installation(): Promise<Kafka> {
  const kafka = memoryBroker().connect();
  await kafka.admin.createTopics(Object.values(topics));
  const producer = await kafka.producer();
  const record = (topic: string, partition: number) => ({ topic, partition, key: null, value: Buffer.from('x') });
  await producer.send([0, 1, 2].map(() => record(topics.rawAws.name, 1)));
  await producer.send([0, 1, 2, 3, 4].map(() => record(topics.logs.name, 0)));
  return kafka;
}

it('doctor counts what a group has not committed, and says that it has no process', async () => {
  const { admin } = await installation();
  const findings = await lookAtLags(admin, undefined, new Map());
  expect(findings).toContainEqual({
    what: 'group normaliser',
    ok: false,
    detail: '3 records behind, no process is a member (normaliser)',
  });
});

it('doctor names where the members of a group run', async () => {
  const kafka = await installation();
  await kafka.joinGroup({
    groupId: 'normaliser',
    topics: [topics.rawAws.name],
    assigned: () => undefined,
    revoked: async () => undefined,
    lost: () => undefined,
    failed: () => undefined,
  });
  expect(await lookAtLags(kafka.admin, undefined, new Map())).toContainEqual({
    what: 'group normaliser',
    ok: true,
    detail: '3 records behind, 1 on in-memory (normaliser)',
  });
});

it("doctor takes the sink's positions from the database, and from its process where there is none", async () => {
  const { admin } = await installation();
  const written = async () => [{ topic: topics.logs.name, partition: 0, offset: 4 }];
  const fromDatabase = await lookAtLags(admin, written, new Map());
  expect(fromDatabase.find(({ what }) => what === 'group sink')?.detail).toContain('1 records behind');
  const fromProcess = await lookAtLags(admin, undefined, new Map([['sink', 2]]));
  expect(fromProcess.find(({ what }) => what === 'group sink')?.detail).toContain('2 records behind');
});
