import type { OffsetsAt } from '../kafka.ts';
import { BrokerError } from './broker-error.ts';
import type { Cluster } from './cluster.ts';

/** What ListOffsets takes in place of a time. */
const special = { earliest: -2, last_stable: -1, high_watermark: -1 };
const readUncommitted = 0;
const readCommitted = 1;
const consumer = -1;
const noSuchOffset = -1;

/**
 * Offsets of some partitions of a topic, in their order. A time without a record at or after it gives -1.
 * @throws UnknownTopicError
 */
export async function listOffsets(
  cluster: Cluster,
  topic: string,
  partitions: readonly number[],
  at: OffsetsAt,
): Promise<number[]> {
  // Negative times stand for something else in the protocol (ListOffsets, KIP-734).
  const timestamp = typeof at === 'string' ? special[at] : Math.max(0, at.timestampMs);
  const leaders = await Promise.all(
    partitions.map(async (partition) => ({ partition, leader: await cluster.leader({ topic, partition }) })),
  );
  const found = new Map<number, number>();
  for (const [leader, list] of Map.groupBy(leaders, (one) => one.leader)) {
    const broker = await cluster.connections.to(leader);
    const wanted = list.map(({ partition }) => ({ partition, timestamp }));
    const topics = [{ topic: cluster.settings.naming.full(topic), partitions: wanted }];
    const isolationLevel = at === 'high_watermark' ? readUncommitted : readCommitted;
    const request = { replicaId: consumer, isolationLevel, topics };
    const { responses } = await cluster.connections.call(broker, () => broker.listOffsets(request));
    for (const { partition, offset } of responses[0]?.partitions ?? []) found.set(partition, Number(offset));
  }
  if (partitions.some((partition) => !found.has(partition))) throw new BrokerError('LEADER_NOT_AVAILABLE');
  return partitions.map((partition) => found.get(partition) ?? noSuchOffset);
}
