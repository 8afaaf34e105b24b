import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { balanceWithinTopics, type Candidate } from './balanced-assignment.ts';
import type { TopicPartition } from './kafka.ts';
import { partitionKey } from './partition-key.ts';

type Group = ReadonlyMap<string, Candidate>;
type Assignment = ReadonlyMap<string, readonly TopicPartition[]>;

const countOf = (partitions: readonly TopicPartition[], topic: string) =>
  partitions.filter((each) => each.topic === topic).length;
const spread = (counts: readonly number[]) => (counts.length === 0 ? 0 : Math.max(...counts) - Math.min(...counts));

/** Who owned what before and who else owns it after, by partition. */
function moved(before: Assignment, after: Assignment): { readonly partition: string; readonly to: string }[] {
  const ownerBefore = new Map(
    [...before].flatMap(([id, owned]) => owned.map((each) => [partitionKey(each), id] as const)),
  );
  return [...after].flatMap(([id, owned]) =>
    owned.flatMap((each) => {
      const owner = ownerBefore.get(partitionKey(each));
      return owner !== undefined && owner !== id && after.has(owner) ? [{ partition: partitionKey(each), to: id }] : [];
    }),
  );
}

const withOwned = (group: Group, owned: Assignment): Group =>
  new Map([...group].map(([id, { topics }]) => [id, { topics, owned: owned.get(id) ?? [] }]));

function expectBalanced(group: Group, counts: ReadonlyMap<string, number>, assigned: Assignment): void {
  const subscribed = new Set([...group.values()].flatMap(({ topics }) => topics));
  const all = [...counts].flatMap(([topic, partitions]) =>
    subscribed.has(topic)
      ? Array.from({ length: partitions }, (_, partition) => partitionKey({ topic, partition }))
      : [],
  );
  expect([...assigned.values()].flat().map(partitionKey).toSorted()).toEqual(all.toSorted());
  for (const [id, owned] of assigned) for (const { topic } of owned) expect(group.get(id)?.topics).toContain(topic);
  for (const topic of subscribed) {
    const shares = [...group].flatMap(([id, { topics }]) =>
      topics.includes(topic) ? [countOf(assigned.get(id) ?? [], topic)] : [],
    );
    expect(spread(shares)).toBeLessThanOrEqual(1);
  }
}

const topicNames = ['a', 'b', 'c', 'd', 'e'];
const partitionCounts = fc
  .array(fc.integer({ min: 0, max: 13 }), {
    minLength: 1,
    maxLength: topicNames.length,
  })
  .map((counts) => new Map(counts.map((count, index): [string, number] => [topicNames[index]!, count])));

describe('partitions shared out within each topic', () => {
  test('a second member of three topics gets half of each', () => {
    const counts = new Map(['aws', 'azure', 'gcp'].map((topic): [string, number] => [topic, 6]));
    const topics = [...counts.keys()];
    const first = balanceWithinTopics(new Map([['one', { topics, owned: [] }]]), counts);
    const group = withOwned(
      new Map([
        ['one', { topics, owned: [] }],
        ['two', { topics, owned: [] }],
      ]),
      first,
    );
    const both = balanceWithinTopics(group, counts);
    for (const topic of topics) expect([...both.values()].map((owned) => countOf(owned, topic))).toEqual([3, 3]);
  });

  test('topics of one partition go to different members', () => {
    const counts = new Map(topicNames.slice(0, 4).map((topic): [string, number] => [topic, 1]));
    const members = new Map(
      ['one', 'two', 'three', 'four'].map((id) => [id, { topics: [...counts.keys()], owned: [] }]),
    );
    for (const owned of balanceWithinTopics(members, counts).values()) expect(owned.length).toBe(1);
  });

  test('whatever joins and leaves, each topic and the totals stay level, and a member that joins is all that anything moves to', () => {
    const steps = fc.array(fc.record({ joins: fc.boolean(), who: fc.nat(20) }), { maxLength: 10 });
    fc.assert(
      fc.property(partitionCounts, steps, (counts, changes) => {
        const topics = [...counts.keys()];
        let group: Group = new Map();
        let owned: Assignment = new Map();
        let joinedEver = 0;
        for (const { joins, who } of changes) {
          const ids = [...group.keys()];
          const joiner = joins || ids.length === 0 ? `m${who}-${joinedEver++}` : undefined;
          const members: [string, Candidate][] = joiner
            ? [...group, [joiner, { topics, owned: [] }]]
            : [...group].filter(([id]) => id !== ids[who % ids.length]);
          group = withOwned(new Map(members), owned);
          const next = balanceWithinTopics(group, counts);
          if (group.size > 0) expectBalanced(group, counts, next);
          expect(spread([...next.values()].map((each) => each.length))).toBeLessThanOrEqual(1);
          if (joiner) {
            const shifted = moved(owned, next);
            const toOthers = shifted.filter(({ to }) => to !== joiner);
            // Between others a partition moves only where the totals would not be level without it.
            expect(toOthers.length).toBeLessThanOrEqual(Math.max(0, topics.length - 1));
            if (topics.length === 1) expect(toOthers).toEqual([]);
          }
          expect(balanceWithinTopics(withOwned(group, next), counts)).toEqual(next);
          owned = next;
        }
      }),
      { numRuns: 100 },
    );
  });

  test('members that read different topics share each of theirs, and no chain of exchanges would level the totals more', () => {
    const subscriptions = fc.array(fc.uniqueArray(fc.constantFrom(...topicNames), { minLength: 1 }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(partitionCounts, subscriptions, (counts, wanted) => {
        const group = new Map(wanted.map((topics, index) => [`m${index}`, { topics, owned: [] as TopicPartition[] }]));
        const assigned = balanceWithinTopics(group, counts);
        expectBalanced(group, counts, assigned);
        for (const [from, { topics }] of group) {
          for (const [to, other] of group) {
            const heavier = (assigned.get(from)?.length ?? 0) - (assigned.get(to)?.length ?? 0);
            const exchange = topics.find(
              (topic) =>
                other.topics.includes(topic) &&
                countOf(assigned.get(from) ?? [], topic) > countOf(assigned.get(to) ?? [], topic),
            );
            if (exchange !== undefined) expect(heavier).toBeLessThan(2);
          }
        }
        expect(balanceWithinTopics(withOwned(group, assigned), counts)).toEqual(assigned);
      }),
    );
  });
});
