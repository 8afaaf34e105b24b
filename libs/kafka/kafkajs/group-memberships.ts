import { FencedError } from '../errors.ts';
import type { GroupMetadata, TopicPartition } from '../kafka.ts';

type Commit = (generationId: number) => Promise<void>;

/** A membership of this process, towards its own transactions. */
export interface CommittingMember {
  metadata(): GroupMetadata;
  leave(): Promise<void>;
  /** Commits offsets at a moment when no rebalance is under way. */
  commitAs(group: GroupMetadata, partitions: readonly TopicPartition[], commit: Commit): Promise<void>;
}

/**
 * The memberships of one client, so that its transactions know them. A generation can change between a task's look at
 * its membership and the commit; a member that still owns the partitions commits as what it is then. A member that has
 * gone is rejected by the coordinator.
 */
export class GroupMemberships {
  readonly #members = new Set<CommittingMember>();

  /** The answer withdraws it. */
  add(member: CommittingMember): () => void {
    this.#members.add(member);
    return () => this.#members.delete(member);
  }

  async commitAs(group: GroupMetadata, partitions: readonly TopicPartition[], commit: Commit): Promise<void> {
    // To the coordinator this is no member but a stranger to the group, whom it lets do anything while the group is empty.
    if (group.memberId === '') throw new FencedError(`offsets of ${group.groupId} are committed by nobody`);
    const member = [...this.#members].find((one) => {
      const { groupId, memberId } = one.metadata();
      return groupId === group.groupId && memberId === group.memberId;
    });
    await (member ? member.commitAs(group, partitions, commit) : commit(group.generationId));
  }

  async leaveAll(): Promise<void> {
    await Promise.all([...this.#members].map((member) => member.leave()));
  }
}
