import { listOffsetsV7 } from '@platformatic/kafka';
import type { OffsetsAt } from '../../kafka.ts';
import type { Cluster } from '../cluster.ts';
import { BrokerRefusal } from '../failure.ts';

const anyReplica = -1;

/**
 * Offsets of given partitions of a topic (bare name), in their order. A time that is later than every record gives -1.
 * @throws UnknownTopicError
 */
export async function listOffsets(
  cluster: Cluster,
  topic: string,
  partitions: readonly number[],
  query: OffsetsAt,
): Promise<number[]> {
  const name = cluster.settings.naming.full(topic);
  return cluster.retrying(`asking for offsets of ${topic}`, async () => {
    const found = new Map<number, number>();
    const byLeader = new Map<number, number[]>();
    for (const partition of partitions) {
      const leader = await cluster.leaderOf(name, partition);
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition]);
    }
    await Promise.all(
      [...byLeader].map(async ([leader, own]) => {
        const request = own.map((partitionIndex) => ({
          partitionIndex,
          currentLeaderEpoch: -1,
          timestamp: timestampOf(query),
        }));
        const answer = await cluster.links
          .to(leader)
          .callForEach(listOffsetsV7.api, anyReplica, query === 'high_watermark' ? 0 : 1, [
            { name, partitions: request },
          ]);
        for (const { partitionIndex, errorCode, offset } of answer.topics[0]?.partitions ?? []) {
          if (errorCode !== 0) {
            cluster.forget(name);
            throw BrokerRefusal.of(errorCode, `asking for offsets of ${topic}[${partitionIndex}]`);
          }
          found.set(partitionIndex, Number(offset));
        }
      }),
    );
    return partitions.map((partition) => found.get(partition) ?? -1);
  });
}

function timestampOf(query: OffsetsAt): bigint {
  if (query === 'earliest') return -2n;
  if (query === 'last_stable' || query === 'high_watermark') return -1n;
  // Negative times stand for something else in the protocol (ListOffsets, KIP-734).
  return BigInt(Math.max(0, query.timestampMs));
}
