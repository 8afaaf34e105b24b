import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { FencedError } from '../errors.ts';
import type { GroupMembership, Kafka } from '../kafka.ts';
import { type Fixture, valuesOf } from './fixture.ts';
import { type ObservedMember, observeMember } from './member.ts';
import { record } from './system.ts';

export function describeGroups(kafka: Fixture): void {
  const groupId = () => `g-${randomUUID()}`;
  const all = (topic: string, partitions: number) => Array.from({ length: partitions }, (_, n) => `${topic}/${n}`);

  async function joined(client: Kafka, group: string, topic: string, partitions: number): Promise<ObservedMember> {
    const member = await observeMember(client, { groupId: group, topics: [topic] });
    await member.until(`owns ${partitions} partitions`, () => member.owned.size === partitions);
    return member;
  }

  /** Both members own their half, and nothing twice. */
  async function shared(first: ObservedMember, second: ObservedMember, partitions: number): Promise<void> {
    const half = partitions / 2;
    await first.until('keeps its half', () => first.owned.size === half && second.owned.size <= half);
    await second.until('gets its half', () => second.owned.size === half);
    expect([...first.owned].filter((partition) => second.owned.has(partition))).toEqual([]);
  }

  describe('groups', () => {
    test('give their only member everything, and know it by its metadata', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client, 4);
      const group = groupId();
      const member = await joined(client, group, topic, 4);
      expect([...member.owned].toSorted()).toEqual(all(topic, 4));
      const metadata = member.membership.metadata();
      expect(metadata.groupId).toBe(group);
      expect(metadata.memberId).not.toBe('');
      expect(metadata.generationId).toBeGreaterThan(0);
    });

    test('cover several topics', async () => {
      const client = await kafka.client();
      const [one, two] = [await kafka.topic(client, 2), await kafka.topic(client, 3)];
      const member = await observeMember(client, { groupId: groupId(), topics: [one, two] });
      await member.until('owns five', () => member.owned.size === 5);
      expect([...member.owned].toSorted()).toEqual([...all(one, 2), ...all(two, 3)].toSorted());
    });

    test('know their member before they assign to it', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client, 1);
      const holder: { membership?: GroupMembership } = {};
      let memberSeen: string | undefined;
      const first = Promise.withResolvers<void>();
      holder.membership = await client.joinGroup({
        groupId: groupId(),
        topics: [topic],
        assigned: () => {
          memberSeen = holder.membership?.metadata().memberId;
          first.resolve();
        },
        revoked: async () => undefined,
        lost: () => undefined,
        failed: (error) => first.reject(error),
      });
      await first.promise;
      expect(memberSeen).toBe(holder.membership.metadata().memberId);
    });

    test('share among members that join, and hand back when one leaves', async () => {
      const [one, two] = [await kafka.client(), await kafka.client()];
      const topic = await kafka.topic(one, 4);
      const group = groupId();
      const first = await joined(one, group, topic, 4);
      const second = await observeMember(two, { groupId: group, topics: [topic] });
      await shared(first, second, 4);
      await second.membership.leave();
      expect(second.owned.size).toBe(0);
      await first.until('has everything again', () => first.owned.size === 4, 5000);
      await first.membership.leave();
      expect(first.owned.size).toBe(0);
    });

    test('tell a member that got nothing that it joined', async () => {
      const [one, two] = [await kafka.client(), await kafka.client()];
      const topic = await kafka.topic(one, 1);
      const group = groupId();
      const first = await joined(one, group, topic, 1);
      const second = await observeMember(two, { groupId: group, topics: [topic] });
      await second.until('is told of an assignment', () => second.events.some((event) => event.startsWith('assigned')));
      await first.until('one member owns it', () => first.owned.size + second.owned.size === 1);
    });

    test('assign a revoked partition only after its owner has drained', async () => {
      const [one, two] = [await kafka.client(), await kafka.client()];
      const topic = await kafka.topic(one, 2);
      const group = groupId();
      const drained = Promise.withResolvers<void>();
      const order: string[] = [];
      const first = await observeMember(one, {
        groupId: group,
        topics: [topic],
        revoked: async () => {
          order.push('draining');
          await drained.promise;
          order.push('drained');
        },
      });
      await first.until('owns both', () => first.owned.size === 2);
      const joining = observeMember(two, { groupId: group, topics: [topic] });
      await first.until('is asked to drain', () => order.length > 0);
      const second = await raceOutcome(joining);
      expect(second?.owned.size ?? 0).toBe(0);
      drained.resolve();
      await shared(first, await joining, 2);
      expect(order.slice(0, 2)).toEqual(['draining', 'drained']);
    });

    test('go on without a member whose drain takes longer than it may', async () => {
      const [one, two] = [await kafka.client(), await kafka.client()];
      const topic = await kafka.topic(one, 2);
      const group = groupId();
      const never = Promise.withResolvers<void>();
      const first = await observeMember(one, {
        groupId: group,
        topics: [topic],
        rebalanceTimeoutMs: 2000,
        revoked: () => never.promise,
      });
      await first.until('owns both', () => first.owned.size === 2);
      const second = await observeMember(two, { groupId: group, topics: [topic], rebalanceTimeoutMs: 2000 });
      await second.until('gets a share', () => second.owned.size > 0, 15_000);
      await first.until('knows what it lost', () => first.events.some((event) => event.startsWith('lost')), 15_000);
      never.resolve();
    });

    test('move the partitions of a killed member within 10 s', async () => {
      const [dying, two] = [await kafka.client(), await kafka.client()];
      const topic = await kafka.topic(two, 4);
      const group = groupId();
      const first = await joined(dying, group, topic, 4);
      const second = await observeMember(two, { groupId: group, topics: [topic] });
      await shared(first, second, 4);
      kafka.system.crash(dying);
      await second.until('owns everything', () => second.owned.size === 4, 10_000);
    });

    test('tell a member that was stalled past its session what it lost, and reject its offsets', async () => {
      const [stalled, two] = [await kafka.client(), await kafka.client()];
      const topic = await kafka.topic(two, 4);
      const group = groupId();
      const first = await joined(stalled, group, topic, 4);
      const stale = first.membership.metadata();
      const producer = await two.transactionalProducer(`x-${group}`);
      kafka.system.stall(stalled);
      const second = await joined(two, group, topic, 4);
      const transaction = producer.begin();
      await transaction.send([record(topic, 0, 'stale')]);
      await expect(transaction.commitOffsets(stale, [{ topic, partition: 0, offset: 1 }])).rejects.toThrow(FencedError);
      await transaction.abort();
      await producer.close();
      kafka.system.resume(stalled);
      await first.until('is told', () => first.events.some((event) => event === `lost ${all(topic, 4).join(' ')}`));
      await shared(second, first, 4);
      expect(await valuesOf(two, topic)).toEqual([]);
      expect(first.failure).toBeUndefined();
    });

    test('accept the offsets of a member that stays, throughout rebalances', async () => {
      const [one, two] = [await kafka.client(), await kafka.client()];
      const topic = await kafka.topic(one, 2);
      const group = groupId();
      const first = await joined(one, group, topic, 2);
      const working = new Map(all(topic, 2).map((partition) => [partition, true]));
      const offsets = [0, 0];
      const workers = [0, 1].map(async (partition) => {
        const producer = await one.transactionalProducer(`x-${group}-${partition}`);
        while (working.get(`${topic}/${partition}`)) {
          const transaction = producer.begin();
          const offset = (offsets[partition] ?? 0) + 1;
          await transaction.commitOffsets(first.membership.metadata(), [{ topic, partition, offset }]);
          await transaction.commit();
          offsets[partition] = offset;
        }
        await producer.close();
      });
      for (let round = 0; round < 3; round++) {
        const second = await observeMember(two, { groupId: group, topics: [topic] });
        await second.until('joined', () => second.events.length > 0);
        await second.membership.leave();
        await first.until('has both again', () => first.owned.size === 2);
      }
      for (const partition of working.keys()) working.set(partition, false);
      await Promise.all(workers);
      const found = await one.admin.committedOffsets(group, [topic]);
      expect(found.toSorted((a, b) => a.partition - b.partition).map(({ offset }) => offset)).toEqual(offsets);
    });

    test('settle when many members join at once', async () => {
      const clients = await Promise.all(Array.from({ length: 4 }, () => kafka.client()));
      const topic = await kafka.topic(clients[0] as Kafka, 8);
      const group = groupId();
      const members = await Promise.all(
        clients.map((client) => observeMember(client, { groupId: group, topics: [topic] })),
      );
      for (const member of members) await member.until('owns two', () => member.owned.size === 2);
      const owned = members.flatMap((member) => [...member.owned]).toSorted();
      expect(owned).toEqual(all(topic, 8));
    });

    test('are left promptly and once', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client, 1);
      const member = await joined(client, groupId(), topic, 1);
      await Promise.all([member.membership.leave(), member.membership.leave()]);
      await client.close();
      expect(member.events.filter((event) => event.startsWith('revoked'))).toEqual([`revoked ${topic}/0`]);
    });
  });

  /** What a promise has come to by now, after the other side had time to do wrong. */
  async function raceOutcome(joining: Promise<ObservedMember>): Promise<ObservedMember | undefined> {
    return Promise.race([joining, new Promise<undefined>((resolve) => setTimeout(resolve, 500, undefined))]);
  }
}
