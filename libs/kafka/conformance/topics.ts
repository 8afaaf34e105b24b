import { describe, expect, test } from 'vitest';
import { UnknownTopicError } from '../errors.ts';
import { createTopic, type Fixture } from './fixture.ts';
import { record } from './system.ts';

export function describeTopics(kafka: Fixture): void {
  describe('topics', () => {
    test('are created once and described', async () => {
      const client = await kafka.client();
      const name = await kafka.topic(client, 3, { 'cleanup.policy': 'compact' });
      const first = await client.admin.describeTopic(name);
      await createTopic(client, name, 3);
      expect(await client.admin.describeTopic(name)).toEqual(first);
      expect(first).toMatchObject({ name, partitions: 3 });
      expect(first.id).not.toBe('');
    });

    test('that are there already keep their partitions, and the answer says how many', async () => {
      const client = await kafka.client();
      const name = await kafka.topic(client, 2);
      const codec = { name: 'none', encode: (value: Buffer) => value, decode: (value: Buffer) => value };
      const [found] = await client.admin.createTopics([{ name, kind: 'stream', partitions: 5, config: {}, codec }]);
      expect(found).toMatchObject({ name, partitions: 2 });
    });

    test('that do not exist are an UnknownTopicError', async () => {
      const client = await kafka.client();
      await expect(client.admin.describeTopic('never-made')).rejects.toThrow(UnknownTopicError);
      await expect(client.admin.offsets('never-made', 'earliest')).rejects.toThrow(UnknownTopicError);
    });

    test('made again under the same name have another id', async () => {
      const client = await kafka.client();
      const name = await kafka.topic(client);
      const first = await client.admin.describeTopic(name);
      await client.admin.deleteTopics([name]);
      await createTopic(client, name);
      expect((await client.admin.describeTopic(name)).id).not.toBe(first.id);
    });

    test('are deleted even when they are not there', async () => {
      const client = await kafka.client();
      const name = await kafka.topic(client);
      await client.admin.deleteTopics([name, 'never-made']);
      await expect(client.admin.describeTopic(name)).rejects.toThrow(UnknownTopicError);
    });

    test('give their offsets at both ends and at a time', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client, 2);
      const producer = await client.producer();
      const at = (timestamp: number) => ({ ...record(topic, 0, `at ${timestamp}`), timestamp });
      const start = Date.now();
      await producer.send([at(start), at(start + 1000), at(start + 2000)]);
      const offsets = (timestampMs: number) => client.admin.offsets(topic, { timestampMs });
      expect(await client.admin.offsets(topic, 'earliest')).toEqual([0, 0]);
      expect(await client.admin.offsets(topic, 'last_stable')).toEqual([3, 0]);
      expect(await offsets(start - 5)).toEqual([0, 0]);
      // -1 to -5 mean the end, the beginning and others in the protocol; here they are times before 1970.
      for (const before of [-1, -2, -3, -4, -5, -6]) expect(await offsets(before)).toEqual([0, 0]);
      expect(await offsets(start + 1)).toEqual([1, 0]);
      expect(await offsets(start + 2000)).toEqual([2, 0]);
      expect(await offsets(start + 2001)).toEqual([3, 0]);
    });

    test('begin where records were deleted up to', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client);
      const producer = await client.producer();
      await producer.send([record(topic, 0, 'a'), record(topic, 0, 'b'), record(topic, 0, 'c')]);
      await kafka.system.truncate(topic, 0, 2);
      expect(await client.admin.offsets(topic, 'earliest')).toEqual([2]);
      expect(await client.admin.offsets(topic, 'last_stable')).toEqual([3]);
    });

    test('belong to a cluster that has an id and brokers', async () => {
      const client = await kafka.client();
      const cluster = await client.admin.describeCluster();
      expect(cluster.clusterId).not.toBe('');
      expect(cluster.brokers.length).toBeGreaterThan(0);
    });
  });
}
