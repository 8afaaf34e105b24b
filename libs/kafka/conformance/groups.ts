import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { FencedError } from '../errors.ts';
import type { GroupMembership, GroupMetadata, Kafka } from '../kafka.ts';
import { expectValues, type Fixture, readAll } from './fixture.ts';
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
      await first.until('has everything again', () => first.owned.size === 4);
      await first.membership.leave();
      expect(first.owned.size).toBe(0);
    });

    test('share each of several topics with a member that joins later', async () => {
      const [one, two] = [await kafka.client(), await kafka.client()];
      const topics = [await kafka.topic(one, 2), await kafka.topic(one, 4), await kafka.topic(one, 2)];
      const group = groupId();
      const first = await observeMember(one, { groupId: group, topics });
      await first.until('owns everything', () => first.owned.size === 8);
      const second = await observeMember(two, { groupId: group, topics });
      await shared(first, second, 8);
      const of = (member: ObservedMember) =>
        topics.map((topic) => [...member.owned].filter((partition) => partition.startsWith(`${topic}/`)).length);
      expect([of(first), of(second)]).toEqual([
        [1, 2, 1],
        [1, 2, 1],
      ]);
    });

    test('inform a member that got nothing that it joined', async () => {
      const [one, two] = [await kafka.client(), await kafka.client()];
      const topic = await kafka.topic(one, 1);
      const group = groupId();
      const first = await joined(one, group, topic, 1);
      const second = await observeMember(two, { groupId: group, topics: [topic] });
      await second.until('gets an assignment', () => second.events.some((event) => event.startsWith('assigned')));
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
      await first.until('is asked to drain', () => first.events.some((event) => event.startsWith('revoking')));
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
      await second.until('gets a share', () => second.owned.size > 0);
      await first.until('knows what it lost', () => first.events.some((event) => event.startsWith('lost')));
      never.resolve();
    });

    test('move the partitions of a killed member', async () => {
      const [dying, two] = [await kafka.client(), await kafka.client()];
      const topic = await kafka.topic(two, 4);
      const group = groupId();
      const first = await joined(dying, group, topic, 4);
      const second = await observeMember(two, { groupId: group, topics: [topic] });
      await shared(first, second, 4);
      kafka.system.crash(dying);
      await second.until('owns everything', () => second.owned.size === 4);
    });

    test('inform a member that was stalled past its session of what it lost, and reject its offsets', async () => {
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
      await first.until('is informed', () => first.events.some((event) => event === `lost ${all(topic, 4).join(' ')}`));
      await shared(second, first, 4);
      await expectValues(two, topic, []);
      expect(first.failure).toBeUndefined();
    });

    test('accept the offsets of the owner of a partition, throughout rebalances', async () => {
      const [one, two] = [await kafka.client(), await kafka.client()];
      const topic = await kafka.topic(one, 4);
      const group = groupId();
      const first = await worksAsMember(one, group, topic);
      await first.member.until('owns everything', () => first.member.owned.size === 4);
      for (let round = 0; round < 3; round++) {
        const second = await worksAsMember(two, group, topic);
        await shared(first.member, second.member, 4);
        await second.member.membership.leave();
        expect(second.failures).toEqual([]);
        await first.member.until('has everything again', () => first.member.owned.size === 4);
      }
      await first.member.membership.leave();
      expect(first.failures).toEqual([]);
      for (let partition = 0; partition < 4; partition++) {
        // Its initialisation settles what was committed last.
        await (await one.transactionalProducer(`x-${topic}-${partition}`)).close();
      }
      const offsets = await one.admin.committedOffsets(group, [topic]);
      expect(offsets.length).toBe(4);
      const found = await readAll(one, topic);
      for (const { partition, offset } of offsets) {
        const values = found[partition]?.map(({ value }) => Number(value));
        expect(values).toEqual(Array.from({ length: offset }, (_, n) => n));
      }
    });

    test('know how long their coordinator has not answered', async () => {
      const client = await kafka.client();
      const topic = await kafka.topic(client, 1);
      const member = await joined(client, groupId(), topic, 1);
      kafka.system.stall(client);
      await expect.poll(() => member.membership.silentMs, { timeout: 30_000 }).toBeGreaterThan(3000);
      kafka.system.resume(client);
      await expect.poll(() => member.membership.silentMs, { timeout: 60_000 }).toBeLessThan(2000);
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

  /** A member that counts on each partition it owns: the number and its own next position in one transaction. */
  async function worksAsMember(client: Kafka, group: string, topic: string) {
    const running = new Map<number, { stop: boolean; readonly done: Promise<void> }>();
    const failures: unknown[] = [];
    const count = async (partition: number, running: { readonly stop: boolean }, group: () => GroupMetadata) => {
      const producer = await client.transactionalProducer(`x-${topic}-${partition}`);
      const committed = await client.admin.committedOffsets(group().groupId, [topic]);
      let next = committed.find((position) => position.partition === partition)?.offset ?? 0;
      do {
        const transaction = producer.begin();
        await transaction.send([record(topic, partition, `${next}`)]);
        await transaction.commitOffsets(group(), [{ topic, partition, offset: next + 1 }]);
        await transaction.commit();
        next++;
      } while (!running.stop);
      await producer.close();
    };
    const member = await observeMember(client, {
      groupId: group,
      topics: [topic],
      // A machine that stands still for a while loses it nothing.
      sessionTimeoutMs: 30_000,
      assigned: (partitions, membership) => {
        for (const { partition } of partitions) {
          const state = { stop: false };
          const done = count(partition, state, () => membership().metadata()).catch(
            (error) => void failures.push(error),
          );
          running.set(partition, Object.assign(state, { done }));
        }
      },
      revoked: async (partitions) => {
        for (const { partition } of partitions) {
          const state = running.get(partition);
          if (!state) continue;
          state.stop = true;
          await state.done;
        }
      },
    });
    return { member, failures };
  }

  /** What a promise has come to by now, after the other side had time to do wrong. */
  async function raceOutcome(joining: Promise<ObservedMember>): Promise<ObservedMember | undefined> {
    return Promise.race([joining, new Promise<undefined>((resolve) => setTimeout(resolve, 500, undefined))]);
  }
}
