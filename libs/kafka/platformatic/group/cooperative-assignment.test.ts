import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TopicPartition } from '../../kafka.ts';
import type { Subscription } from './consumer-protocol.ts';
import { assignCooperatively } from './cooperative-assignment.ts';

type Members = Map<string, Subscription>;

function members(...subscriptions: [string, Partial<Subscription>][]): Members {
  return new Map(
    subscriptions.map(([id, fields]) => [id, { topics: ['t'], owned: [], generationId: 1, ...fields } as Subscription]),
  );
}

const own = (...partitions: number[]): TopicPartition[] => partitions.map((partition) => ({ topic: 't', partition }));

/** What the members own when they have followed the assignment and rejoined, generation after generation, until nothing moves. */
function settle(subscriptions: Members, partitionsOf: ReadonlyMap<string, number>) {
  let current = subscriptions;
  for (let round = 1; ; round++) {
    const assignment = assignCooperatively(current, partitionsOf);
    const unchanged = [...current].every(([id, { owned }]) => same(owned, assignment.get(id) ?? []));
    if (unchanged) return { current, rounds: round };
    if (round > 5) throw new Error('it does not settle');
    current = new Map(
      [...current].map(([id, subscription]) => [
        id,
        { ...subscription, owned: assignment.get(id) ?? [], generationId: subscription.generationId + 1 },
      ]),
    );
  }
}

function same(one: readonly TopicPartition[], other: readonly TopicPartition[]): boolean {
  const keys = (partitions: readonly TopicPartition[]) =>
    partitions.map(({ topic, partition }) => `${topic}/${partition}`).toSorted();
  return JSON.stringify(keys(one)) === JSON.stringify(keys(other));
}

describe('cooperative assignment', () => {
  test('gives the only member everything', () => {
    const assignment = assignCooperatively(members(['a', {}]), new Map([['t', 3]]));
    expect(assignment.get('a')).toEqual(own(0, 1, 2));
  });

  test('gives a partition that must move to nobody until its owner gave it up', () => {
    const joining = members(['a', { owned: own(0, 1, 2, 3) }], ['b', {}]);
    const first = assignCooperatively(joining, new Map([['t', 4]]));
    expect(first.get('a')?.length).toBe(2);
    expect(first.get('b')).toEqual([]);
    const second = assignCooperatively(members(['a', { owned: first.get('a') ?? [] }], ['b', {}]), new Map([['t', 4]]));
    expect(second.get('a')).toEqual(first.get('a'));
    expect(second.get('b')?.length).toBe(2);
  });

  test('believes the later generation when two claim a partition', () => {
    const claims = members(['a', { owned: own(0), generationId: 3 }], ['b', { owned: own(0), generationId: 7 }]);
    const assignment = assignCooperatively(claims, new Map([['t', 1]]));
    expect(assignment.get('b')).toEqual(own(0));
    expect(assignment.get('a')).toEqual([]);
  });

  test('gives nobody a topic it does not read', () => {
    const readers = members(['a', { topics: ['t'] }], ['b', { topics: ['u'] }]);
    const counts = new Map([
      ['t', 3],
      ['u', 1],
    ]);
    const assignment = assignCooperatively(readers, counts);
    expect(assignment.get('a')).toEqual(own(0, 1, 2));
    expect(assignment.get('b')).toEqual([{ topic: 'u', partition: 0 }]);
  });

  test('settles within three rounds: all partitions once, evenly, and none owned by two on the way', () => {
    const group = fc
      .record({
        partitions: fc.integer({ min: 0, max: 24 }),
        owners: fc.array(fc.integer({ min: -1, max: 6 }), { maxLength: 24 }),
      })
      .chain(({ partitions, owners }) =>
        fc.tuple(fc.constant(partitions), fc.constant(owners), fc.integer({ min: 1, max: 7 })),
      );
    fc.assert(
      fc.property(group, ([partitions, owners, size]) => {
        const subscriptions = members(
          ...Array.from({ length: size }, (_, index): [string, Partial<Subscription>] => {
            const owned = owners.flatMap((owner, partition) =>
              owner === index && partition < partitions ? [partition] : [],
            );
            return [`m${index}`, { owned: own(...owned) }];
          }),
        );
        const ownerOf = new Map(
          [...subscriptions].flatMap(([id, { owned }]) =>
            owned.map(({ partition }): [number, string] => [partition, id]),
          ),
        );
        for (const [id, given] of assignCooperatively(subscriptions, new Map([['t', partitions]]))) {
          for (const { partition } of given) expect(ownerOf.get(partition) ?? id).toBe(id);
        }
        const { current, rounds } = settle(subscriptions, new Map([['t', partitions]]));
        const all = [...current.values()].flatMap(({ owned }) => owned.map(({ partition }) => partition));
        expect(all.toSorted((a, b) => a - b)).toEqual(Array.from({ length: partitions }, (_, n) => n));
        const loads = [...current.values()].map(({ owned }) => owned.length);
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
        expect(rounds).toBeLessThanOrEqual(3);
      }),
    );
  });

  test('a member that joins a group of several topics has its share of each after three rounds', () => {
    const counts = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 5 }), (partitions, size) => {
        const partitionsOf = new Map(partitions.map((count, index): [string, number] => [`t${index}`, count]));
        const topics = [...partitionsOf.keys()];
        const fresh = Array.from({ length: size }, (_, index): [string, Partial<Subscription>] => [
          `m${index}`,
          { topics },
        ]);
        const before = settle(members(...fresh), partitionsOf).current;
        const joined = new Map([...before, ['joiner', { topics, owned: [], generationId: -1 }] as const]);
        const { current, rounds } = settle(joined, partitionsOf);
        expect(rounds).toBeLessThanOrEqual(3);
        for (const [topic, count] of partitionsOf) {
          const own = current.get('joiner')?.owned.filter((each) => each.topic === topic).length ?? 0;
          expect(Math.abs(own - count / (size + 1))).toBeLessThan(1);
        }
      }),
    );
  });

  test('leaves an even assignment as it is', () => {
    const even = members(['a', { owned: own(0, 3) }], ['b', { owned: own(1) }], ['c', { owned: own(2, 4) }]);
    const assignment = assignCooperatively(even, new Map([['t', 5]]));
    expect(assignment.get('a')).toEqual(own(0, 3));
    expect(assignment.get('b')).toEqual(own(1));
    expect(assignment.get('c')).toEqual(own(2, 4));
  });
});
