import { AssignerProtocol } from 'kafkajs';
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
  return MemberMetadata.encode({ version, topics: [...topics], userData: noUserData });
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

/** Deals the partitions out in turn, each to the next member that subscribes to its topic. */
export function assignInTurn(
  members: readonly Subscriber[],
  partitionCounts: ReadonlyMap<string, number>,
): { readonly memberId: string; readonly memberAssignment: Buffer }[] {
  const order = members.toSorted((left, right) => (left.memberId < right.memberId ? -1 : 1));
  const assigned = new Map(order.map(({ memberId }) => [memberId, {} as Record<string, number[]>]));
  let turn = 0;
  for (const [topic, partitions] of [...partitionCounts].sort()) {
    if (!order.some(({ topics }) => topics.includes(topic))) continue;
    for (let partition = 0; partition < partitions; partition += 1) {
      while (!order[turn % order.length]!.topics.includes(topic)) turn += 1;
      const owned = assigned.get(order[turn % order.length]!.memberId)!;
      owned[topic] = [...(owned[topic] ?? []), partition];
      turn += 1;
    }
  }
  return [...assigned].map(([memberId, assignment]) => ({
    memberId,
    memberAssignment: MemberAssignment.encode({ version, assignment, userData: noUserData }),
  }));
}
