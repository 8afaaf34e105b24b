import type { TopicPartition } from '../../kafka.ts';

/** A membership as those see it who commit offsets for it. */
interface Member {
  readonly generationId: number;
  owns(partition: TopicPartition): boolean;
  /** Resolves when the member has another generation, or has none any more. */
  nextChange(): Promise<void>;
}

/**
 * This client's memberships by member id. A member keeps partitions through a rebalance (KIP-429), so a commit can meet
 * the coordinator when the new generation is there but not yet known here.
 */
export class Generations {
  readonly #members = new Map<string, Member>();

  add(memberId: string, member: Member): void {
    this.#members.set(memberId, member);
  }

  remove(memberId: string): void {
    this.#members.delete(memberId);
  }

  /**
   * Waits for a generation after the given one in which the member still owns these partitions.
   * @returns undefined when it lost one of them, or is not a member of this client.
   */
  async after(
    memberId: string,
    generationId: number,
    partitions: readonly TopicPartition[],
  ): Promise<number | undefined> {
    for (;;) {
      const member = this.#members.get(memberId);
      if (!member || !partitions.every((partition) => member.owns(partition))) return undefined;
      if (member.generationId > generationId) return member.generationId;
      await member.nextChange();
    }
  }
}
