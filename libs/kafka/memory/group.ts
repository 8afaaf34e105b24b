import { balanceWithinTopics } from '../balanced-assignment.ts';
import { FencedError } from '../errors.ts';
import type { GroupMetadata, TopicPartition, TopicPartitionOffset } from '../kafka.ts';
import type { Clock } from './clock.ts';
import { without } from './partition-sets.ts';
import type { TopicStore } from './topic-store.ts';

/** A member as the coordinator sees it; its client's side implements this. */
export interface GroupMember {
  readonly id: string;
  readonly topics: readonly string[];
  readonly rebalanceTimeoutMs: number;
  /** Resolves when the member has let go of these. */
  revoke(partitions: readonly TopicPartition[]): Promise<void>;
  assign(generationId: number, added: readonly TopicPartition[]): void;
  /** The coordinator gave its partitions to others. */
  expelled(): void;
}

interface Joined {
  readonly member: GroupMember;
  readonly gone: PromiseWithResolvers<void>;
  owned: readonly TopicPartition[];
  generationId: number | undefined;
}

/**
 * `eager` takes every partition from every member at each rebalance, `cooperative` only those that move (KIP-429).
 * Either way a partition's old owner has let go before its new one hears of it.
 */
export type RebalanceProtocol = 'eager' | 'cooperative';

/** The coordinator of one consumer group: its generations and committed offsets. */
export class Group {
  readonly #joined = new Map<string, Joined>();
  readonly #offsets = new Map<string, TopicPartitionOffset>();
  readonly #topics: TopicStore;
  readonly #clock: Clock;
  readonly #protocol: RebalanceProtocol;
  #generationId = 0;
  #changed = false;
  #rebalancing = false;

  constructor(topics: TopicStore, clock: Clock, protocol: RebalanceProtocol) {
    this.#topics = topics;
    this.#clock = clock;
    this.#protocol = protocol;
  }

  get empty(): boolean {
    return this.#joined.size === 0;
  }

  /** As an administrator sees them. */
  members(): readonly { readonly clientId: string; readonly host: string; readonly partitions: number }[] {
    return [...this.#joined.values()].map(({ owned }) => {
      return { clientId: 'in-memory', host: 'in-memory', partitions: owned.length };
    });
  }

  join(member: GroupMember): void {
    this.#joined.set(member.id, {
      member,
      gone: Promise.withResolvers(),
      owned: [],
      generationId: undefined,
    });
    this.#rebalance();
  }

  leave(memberId: string): void {
    const joined = this.#joined.get(memberId);
    if (!joined) return;
    this.#joined.delete(memberId);
    joined.gone.resolve();
    this.#rebalance();
  }

  /** What the coordinator does when a session expires. */
  expel(memberId: string): void {
    const joined = this.#joined.get(memberId);
    if (!joined) return;
    this.leave(memberId);
    joined.member.expelled();
  }

  /**
   * A generation may end between a task's look at its membership and the commit. As the drivers do, a member that still
   * owns the partitions commits in its present one.
   * @throws FencedError for a member that left, or whose partitions are another's by now (KIP-447).
   */
  validate({ groupId, memberId, generationId }: GroupMetadata, partitions: readonly TopicPartition[]): void {
    const joined = this.#joined.get(memberId);
    if (joined?.generationId === generationId) return;
    if (joined && without(partitions, joined.owned).length === 0) return;
    throw new FencedError(`${memberId} of generation ${generationId} is no longer a member of ${groupId}`);
  }

  commit(offset: TopicPartitionOffset): void {
    this.#offsets.set(`${offset.topic}/${offset.partition}`, offset);
  }

  committed(topics: readonly string[]): TopicPartitionOffset[] {
    return [...this.#offsets.values()].filter(({ topic }) => topics.includes(topic));
  }

  /** A topic came or went. A broker forgets the offsets of a topic that is deleted. */
  topicChanged(name: string): void {
    if (!this.#topics.find(name)) {
      for (const [key, { topic }] of this.#offsets) if (topic === name) this.#offsets.delete(key);
    }
    if ([...this.#joined.values()].some(({ member }) => member.topics.includes(name))) this.#rebalance();
  }

  #rebalance(): void {
    this.#changed = true;
    if (!this.#rebalancing) void this.#settle();
  }

  async #settle(): Promise<void> {
    this.#rebalancing = true;
    while (this.#changed) {
      // Members that join together share one generation.
      await Promise.resolve();
      this.#changed = false;
      const members = [...this.#joined.values()];
      const target = this.#target(members);
      const kept = (joined: Joined) => (this.#protocol === 'eager' ? [] : (target.get(joined.member.id) ?? []));
      await Promise.all(members.map((joined) => this.#drain(joined, without(joined.owned, kept(joined)))));
      if (!this.#changed) this.#assign(members, target);
    }
    this.#rebalancing = false;
  }

  #target(members: readonly Joined[]): ReadonlyMap<string, readonly TopicPartition[]> {
    const names = new Set(members.flatMap(({ member }) => member.topics));
    const counts = new Map([...names].map((topic) => [topic, this.#topics.find(topic)?.partitions ?? 0]));
    const candidates = members.map(({ member: { id, topics }, owned }) => [id, { topics, owned }] as const);
    return balanceWithinTopics(new Map(candidates), counts);
  }

  async #drain(joined: Joined, leaving: readonly TopicPartition[]): Promise<void> {
    if (leaving.length === 0) return;
    const { member, gone } = joined;
    const stopTimer = this.#clock.after(member.rebalanceTimeoutMs, () => this.expel(member.id));
    await Promise.race([member.revoke(leaving), gone.promise]);
    stopTimer();
    joined.owned = without(joined.owned, leaving);
  }

  #assign(members: readonly Joined[], target: ReadonlyMap<string, readonly TopicPartition[]>): void {
    this.#generationId += 1;
    for (const joined of members) {
      const partitions = target.get(joined.member.id) ?? [];
      const added = without(partitions, joined.owned);
      joined.owned = partitions;
      joined.generationId = this.#generationId;
      joined.member.assign(this.#generationId, added);
    }
  }
}
