import type { TopicPartition } from '../kafka.ts';

export function samePartition(left: TopicPartition, right: TopicPartition): boolean {
  return left.topic === right.topic && left.partition === right.partition;
}

/** Those of `partitions` that are not in `others`. */
export function without(partitions: readonly TopicPartition[], others: readonly TopicPartition[]): TopicPartition[] {
  return partitions.filter((one) => !others.some((other) => samePartition(one, other)));
}
