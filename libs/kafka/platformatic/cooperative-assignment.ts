import type { TopicPartition } from '../kafka.ts';
import type { Subscription } from './consumer-protocol.ts';

/**
 * Spreads partitions evenly and lets everyone keep what it has as far as that allows. A partition that must move is
 * given to nobody in this round: its owner sees that it is gone, drains it and rejoins, and the next round gives it on
 * (KIP-429, incremental cooperative rebalancing).
 *
 * @param members subscriptions by member id.
 * @param partitionsOf how many partitions each topic has.
 */
export function assignCooperatively(
  members: ReadonlyMap<string, Subscription>,
  partitionsOf: ReadonlyMap<string, number>,
): Map<string, TopicPartition[]> {
  const owners = presentOwners(members);
  const target = balance(members, allPartitions(members, partitionsOf), owners);
  const assignment = new Map([...members.keys()].map((memberId): [string, TopicPartition[]] => [memberId, []]));
  for (const [memberId, partitions] of target) {
    for (const partition of partitions) {
      const owner = owners.get(keyOf(partition));
      if (owner === undefined || owner === memberId) assignment.get(memberId)?.push(partition);
    }
  }
  return assignment;
}

/** Who owns what now. Of two members that claim a partition, the one of the later generation does. */
function presentOwners(members: ReadonlyMap<string, Subscription>): Map<string, string> {
  const owners = new Map<string, string>();
  for (const [memberId, { owned, generationId }] of members) {
    for (const partition of owned) {
      const key = keyOf(partition);
      const rival = members.get(owners.get(key) ?? '');
      if (!rival || rival.generationId < generationId) owners.set(key, memberId);
    }
  }
  return owners;
}

function allPartitions(
  members: ReadonlyMap<string, Subscription>,
  partitionsOf: ReadonlyMap<string, number>,
): TopicPartition[] {
  const topics = [...new Set([...members.values()].flatMap((member) => member.topics))].toSorted();
  return topics.flatMap((topic) =>
    Array.from({ length: partitionsOf.get(topic) ?? 0 }, (_, partition) => ({ topic, partition })),
  );
}

function balance(
  members: ReadonlyMap<string, Subscription>,
  partitions: readonly TopicPartition[],
  owners: ReadonlyMap<string, string>,
): Map<string, TopicPartition[]> {
  const memberIds = [...members.keys()].toSorted();
  const target = new Map(memberIds.map((memberId): [string, TopicPartition[]] => [memberId, []]));
  const subscribed = (memberId: string, { topic }: TopicPartition) => members.get(memberId)?.topics.includes(topic);
  const load = (memberId: string) => target.get(memberId)?.length ?? 0;
  const leastLoaded = (partition: TopicPartition) =>
    memberIds
      .filter((memberId) => subscribed(memberId, partition))
      .reduce<string | undefined>((best, id) => (best === undefined || load(id) < load(best) ? id : best), undefined);

  const homeless: TopicPartition[] = [];
  for (const partition of partitions) {
    const owner = owners.get(keyOf(partition));
    if (owner !== undefined && subscribed(owner, partition)) target.get(owner)?.push(partition);
    else homeless.push(partition);
  }
  for (const partition of homeless) target.get(leastLoaded(partition) ?? '')?.push(partition);
  levelOut(target, leastLoaded);
  return target;
}

/** Moves partitions from the fullest members until none could move to somebody with two fewer. */
function levelOut(
  target: ReadonlyMap<string, TopicPartition[]>,
  leastLoaded: (partition: TopicPartition) => string | undefined,
): void {
  for (let moved = true; moved; ) {
    moved = false;
    for (const own of [...target.values()].toSorted((a, b) => b.length - a.length)) {
      const index = own.findLastIndex((partition) => {
        const taker = target.get(leastLoaded(partition) ?? '');
        return taker !== undefined && taker.length + 1 < own.length;
      });
      const partition = own[index];
      if (!partition) continue;
      own.splice(index, 1);
      target.get(leastLoaded(partition) ?? '')?.push(partition);
      moved = true;
      break;
    }
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
