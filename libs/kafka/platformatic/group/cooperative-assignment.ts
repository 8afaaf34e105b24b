import { balanceWithinTopics } from '../../balanced-assignment.ts';
import type { TopicPartition } from '../../kafka.ts';
import { partitionKey } from '../../partition-key.ts';
import type { Subscription } from './consumer-protocol.ts';

/**
 * Spreads the partitions of each topic evenly (`balanceWithinTopics`). A partition that must move is given to nobody in
 * this round: its owner sees that it is gone, drains it and rejoins, and the next round gives it on (KIP-429, incremental
 * cooperative rebalancing).
 *
 * @param members subscriptions by member id.
 * @param partitionsOf how many partitions each topic has.
 */
export function assignCooperatively(
  members: ReadonlyMap<string, Subscription>,
  partitionsOf: ReadonlyMap<string, number>,
): Map<string, TopicPartition[]> {
  // Of two members that claim a partition, the one of the later generation has it.
  const byGeneration = new Map([...members].toSorted(([, a], [, b]) => b.generationId - a.generationId));
  const owners = new Map<string, string>();
  for (const [memberId, { owned }] of byGeneration) {
    for (const partition of owned)
      if (!owners.has(partitionKey(partition))) owners.set(partitionKey(partition), memberId);
  }
  const target = balanceWithinTopics(byGeneration, partitionsOf);
  const isFree = (memberId: string, partition: TopicPartition) =>
    (owners.get(partitionKey(partition)) ?? memberId) === memberId;
  return new Map(
    [...target].map(([memberId, partitions]) => [memberId, partitions.filter((each) => isFree(memberId, each))]),
  );
}
