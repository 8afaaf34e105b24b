import type { GroupOptions, TopicPartition } from '../kafka.ts';
import type { Cluster } from './cluster.ts';
import {
  assignEvenly,
  decodeAssignment,
  decodeSubscription,
  encodeSubscription,
  protocolName,
} from './group-assignment.ts';

export interface Generation {
  readonly generationId: number;
  readonly partitions: readonly TopicPartition[];
  /** Partitions of each topic of the group, for the one member that assigned them. */
  readonly assignedFrom: ReadonlyMap<string, number> | undefined;
}

/** What a member says to its group's coordinator. The protocol is the classic one, eager (KIP-429's "before"). */
export class CoordinatorSession {
  readonly #cluster: Cluster;
  readonly #options: GroupOptions;
  readonly #groupId: string;
  readonly #sessionTimeoutMs: number;
  readonly #rebalanceTimeoutMs: number;
  #memberId = '';

  constructor(cluster: Cluster, options: GroupOptions, timeouts: { sessionMs: number; rebalanceMs: number }) {
    this.#cluster = cluster;
    this.#options = options;
    this.#groupId = cluster.settings.naming.full(options.groupId);
    this.#sessionTimeoutMs = timeouts.sessionMs;
    this.#rebalanceTimeoutMs = timeouts.rebalanceMs;
  }

  /** Empty until the coordinator has given one. */
  get memberId(): string {
    return this.#memberId;
  }

  /** The coordinator does not know this member any more: the next join is a new member's. */
  forgetMember(): void {
    this.#memberId = '';
  }

  /** JoinGroup and SyncGroup: resolves with the generation in which every present member takes part. */
  async join(): Promise<Generation> {
    const { connections, settings } = this.#cluster;
    const { requestTimeoutMs, naming } = settings;
    const broker = await this.#coordinator();
    // The coordinator answers when every member has joined, and then when the leader has assigned.
    const timeoutMs = this.#rebalanceTimeoutMs + requestTimeoutMs;
    const request = {
      groupId: this.#groupId,
      memberId: this.#memberId,
      sessionTimeout: this.#sessionTimeoutMs,
      rebalanceTimeout: this.#rebalanceTimeoutMs,
      protocolType: 'consumer',
      groupProtocols: [{ name: protocolName, metadata: encodeSubscription(this.#options.topics.map(naming.full)) }],
    };
    const joined = await connections.call(broker, () => broker.joinGroup(request), timeoutMs);
    const { generationId, memberId } = joined;
    this.#memberId = memberId;
    const assignedFrom = joined.leaderId === memberId ? await this.#countPartitions(joined.members) : undefined;
    const groupAssignment = assignedFrom ? assignEvenly(joined.members.map(subscriber), assignedFrom) : [];
    const sync = { groupId: this.#groupId, memberId, generationId, groupAssignment };
    const { memberAssignment } = await connections.call(broker, () => broker.syncGroup(sync), timeoutMs);
    const partitions = decodeAssignment(memberAssignment).flatMap(({ topic, partition }) => {
      const bare = naming.bare(topic);
      return bare === undefined ? [] : [{ topic: bare, partition }];
    });
    return { generationId, partitions, assignedFrom };
  }

  /** @throws the coordinator's answer when there is a rebalance, or when this is no member any more. */
  async heartbeat(generationId: number): Promise<void> {
    const broker = await this.#coordinator();
    const request = { groupId: this.#groupId, memberId: this.#memberId, groupGenerationId: generationId };
    await this.#cluster.connections.call(broker, () => broker.heartbeat(request), this.#sessionTimeoutMs);
  }

  /** @param cluster with a connection of its own, as this one may be waiting for everybody to join. */
  async leaveThrough(cluster: Cluster): Promise<void> {
    const broker = await cluster.coordinator('group', this.#options.groupId);
    const request = { groupId: this.#groupId, memberId: this.#memberId };
    await cluster.connections.call(broker, () => broker.leaveGroup(request));
  }

  /** Whether a topic has other partitions than those that were assigned. */
  async partitionsChanged(assignedFrom: ReadonlyMap<string, number>): Promise<boolean> {
    const { naming } = this.#cluster.settings;
    const names = [...assignedFrom.keys()].flatMap((topic) => naming.bare(topic) ?? []);
    const found = await this.#cluster.describe(names);
    return names.some((name) => (found.get(name)?.leaders.length ?? 0) !== assignedFrom.get(naming.full(name)));
  }

  #coordinator(): ReturnType<Cluster['coordinator']> {
    return this.#cluster.coordinator('group', this.#options.groupId);
  }

  async #countPartitions(
    members: readonly { memberId: string; memberMetadata: Buffer }[],
  ): Promise<ReadonlyMap<string, number>> {
    const { naming } = this.#cluster.settings;
    const wanted = new Set(members.flatMap((member) => subscriber(member).topics));
    const found = await this.#cluster.describe([...wanted].flatMap((topic) => naming.bare(topic) ?? []));
    return new Map([...wanted].map((topic) => [topic, found.get(naming.bare(topic) ?? '')?.leaders.length ?? 0]));
  }
}

function subscriber({ memberId, memberMetadata }: { memberId: string; memberMetadata: Buffer }) {
  return decodeSubscription(memberId, memberMetadata);
}
