import type { TopicPartition } from '../kafka.ts';

export interface Candidate {
  readonly id: string;
  readonly topics: readonly string[];
  readonly owned: readonly TopicPartition[];
}

/** A balanced assignment in which each member keeps as much as its share allows (KIP-54). */
export function assignPartitions(
  members: readonly Candidate[],
  partitions: readonly TopicPartition[],
): ReadonlyMap<string, readonly TopicPartition[]> {
  const assigned = new Map<string, TopicPartition[]>(members.map(({ id }) => [id, []]));
  const share = Math.ceil(partitions.length / Math.max(1, members.length));
  const waiting = partitions.filter((partition) => {
    const owner = members.find(
      ({ topics, owned }) => topics.includes(partition.topic) && owned.some((one) => samePartition(one, partition)),
    );
    const list = owner && assigned.get(owner.id);
    if (!list || list.length >= share) return true;
    list.push(partition);
    return false;
  });
  for (const partition of waiting) {
    const takers = members.filter(({ topics }) => topics.includes(partition.topic)).map(({ id }) => assigned.get(id)!);
    const least = takers.reduce<TopicPartition[] | undefined>(
      (best, list) => (best && best.length <= list.length ? best : list),
      undefined,
    );
    least?.push(partition);
  }
  return assigned;
}

export function samePartition(left: TopicPartition, right: TopicPartition): boolean {
  return left.topic === right.topic && left.partition === right.partition;
}

/** Those of `partitions` that are not in `others`. */
export function without(partitions: readonly TopicPartition[], others: readonly TopicPartition[]): TopicPartition[] {
  return partitions.filter((one) => !others.some((other) => samePartition(one, other)));
}
