import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { FencedError } from '../errors.ts';
import { expectValues, type Fixture } from './fixture.ts';
import { joinAlone } from './member.ts';
import { record } from './system.ts';

/** A group's offsets as part of a transaction. */
export function describeTransactionOffsets(kafka: Fixture): void {
  const id = () => `x-${randomUUID()}`;

  describe('offsets in a transaction', () => {
    test('are committed with its records, or not at all', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client);
      const groupId = `g-${randomUUID()}`;
      const member = await joinAlone(client, groupId, [topic]);
      const producer = await client.transactionalProducer(id());
      const aborted = producer.begin();
      await aborted.commitOffsets(member.metadata(), [{ topic, partition: 0, offset: 5 }]);
      await aborted.abort();
      expect(await client.admin.committedOffsets(groupId, [topic])).toEqual([]);
      const transaction = producer.begin();
      await transaction.send([record(topic, 0, 'a')]);
      await transaction.commitOffsets(member.metadata(), [{ topic, partition: 0, offset: 9 }]);
      await transaction.commit();
      expect(await client.admin.committedOffsets(groupId, [topic])).toEqual([{ topic, partition: 0, offset: 9 }]);
    });

    test('are settled once the next owner of the id has been initialised', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client);
      const groupId = `g-${randomUUID()}`;
      const member = await joinAlone(client, groupId, [topic]);
      const transactionalId = id();
      for (let offset = 1; offset <= 20; offset++) {
        const producer = await client.transactionalProducer(transactionalId);
        const before = await client.admin.committedOffsets(groupId, [topic]);
        expect(before.map((position) => position.offset)).toEqual(offset === 1 ? [] : [offset - 1]);
        const transaction = producer.begin();
        await transaction.send([record(topic, 0, `${offset}`)]);
        await transaction.commitOffsets(member.metadata(), [{ topic, partition: 0, offset }]);
        await transaction.commit();
      }
    });

    test('of nobody are rejected', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client);
      const groupId = `g-${randomUUID()}`;
      const producer = await client.transactionalProducer(id());
      const transaction = producer.begin();
      const nobody = { groupId, generationId: -1, memberId: '' };
      await expect(transaction.commitOffsets(nobody, [{ topic, partition: 0, offset: 1 }])).rejects.toThrow(
        FencedError,
      );
      await transaction.abort();
      expect(await client.admin.committedOffsets(groupId, [topic])).toEqual([]);
    });

    test('of a member that left are rejected, with the whole transaction', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client);
      const groupId = `g-${randomUUID()}`;
      const stale = await joinAlone(client, groupId, [topic]);
      const metadata = stale.metadata();
      await stale.leave();
      await joinAlone(client, groupId, [topic]);
      const producer = await client.transactionalProducer(id());
      const transaction = producer.begin();
      await transaction.send([record(topic, 0, 'stale')]);
      await expect(transaction.commitOffsets(metadata, [{ topic, partition: 0, offset: 1 }])).rejects.toThrow(
        FencedError,
      );
      await expect(transaction.commit()).rejects.toThrow();
      await transaction.abort();
      expect(await client.admin.committedOffsets(groupId, [topic])).toEqual([]);
      await producer.close();
      await expectValues(client, topic, []);
    });

    test('belong to a group that can be deleted', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client);
      const groupId = `g-${randomUUID()}`;
      const member = await joinAlone(client, groupId, [topic]);
      const producer = await client.transactionalProducer(id());
      const transaction = producer.begin();
      await transaction.commitOffsets(member.metadata(), [{ topic, partition: 0, offset: 2 }]);
      await transaction.commit();
      await member.leave();
      await client.admin.deleteGroup(groupId);
      expect(await client.admin.committedOffsets(groupId, [topic])).toEqual([]);
    });
  });
}
