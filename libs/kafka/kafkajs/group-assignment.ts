import { AssignerProtocol } from 'kafkajs';
import { balanceWithinTopics } from '../balanced-assignment.ts';
import type { TopicPartition } from '../kafka.ts';

const { MemberMetadata, MemberAssignment } = AssignerProtocol;

/** Version 0 of the consumer protocol's messages: every client reads it. */
const version = 0;
const noUserData = Buffer.alloc(0);

/** The name that other clients have for such an assignment, so that they can be in the same group. */
export const protocolName = 'roundrobin';

export interface Subscriber {
  readonly memberId: string;
  readonly topics: readonly string[];
}

export function encodeSubscription(topics: readonly string[]): Buffer {
  return MemberMetadata.encode({
    version,
    topics: [...topics],
    userData: noUserData,
  });
}

export function decodeSubscription(memberId: string, metadata: Buffer): Subscriber {
  return { memberId, topics: MemberMetadata.decode(metadata)?.topics ?? [] };
}

export function decodeAssignment(bytes: Buffer): TopicPartition[] {
  const assignment = bytes.length === 0 ? {} : (MemberAssignment.decode(bytes)?.assignment ?? {});
  return Object.entries(assignment).flatMap(([topic, partitions]) =>
    partitions.map((partition) => ({ topic, partition })),
  );
}

/**
 * Spreads the partitions of each topic evenly. Members of this protocol give everything up at each rebalance and say nothing
 * of what they had, so nothing can be kept.
 */
export function assignEvenly(
  members: readonly Subscriber[],
  partitionCounts: ReadonlyMap<string, number>,
): { readonly memberId: string; readonly memberAssignment: Buffer }[] {
  const candidates = new Map(members.map(({ memberId, topics }) => [memberId, { topics, owned: [] }]));
  return [...balanceWithinTopics(candidates, partitionCounts)].map(([memberId, partitions]) => {
    const byTopic = Map.groupBy(partitions, ({ topic }) => topic);
    const assignment = Object.fromEntries(
      [...byTopic].map(([topic, owned]) => [topic, owned.map(({ partition }) => partition)]),
    );
    return {
      memberId,
      memberAssignment: MemberAssignment.encode({
        version,
        assignment,
        userData: noUserData,
      }),
    };
  });
}
