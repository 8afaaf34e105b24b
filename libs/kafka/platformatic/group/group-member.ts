import { setImmediate } from 'node:timers/promises';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { UnknownTopicError } from '../../errors.ts';
import type { GroupMembership, GroupMetadata, GroupOptions, TopicPartition } from '../../kafka.ts';
import { partitionKey } from '../../partition-key.ts';
import type { Cluster } from '../cluster.ts';
import { brokerErrors, isConnectionFailure, toTailraceError, wasNotDone } from '../failure.ts';
import type { Generations } from './generations.ts';
import { GroupRequests, type Joined } from './group-requests.ts';
import { GroupSession, SessionExpired } from './group-session.ts';

/** How often the leader looks whether topics have got more partitions. */
const metadataCheckMs = 30_000;
const leaveTimeoutMs = 1000;

interface MemberParts {
  readonly cluster: Cluster;
  readonly options: GroupOptions;
  readonly generations: Generations;
  readonly onClose: () => void;
}

/**
 * A member of a group, without any fetching. Rebalances are cooperative: partitions that stay are not disturbed, those
 * that go are drained before they are given on.
 * One state machine in one file: joining, staying, draining and leaving share the generation and the assignment.
 */
export class GroupMember implements GroupMembership {
  readonly #cluster: Cluster;
  readonly #options: GroupOptions;
  readonly #generations: Generations;
  readonly #requests: GroupRequests;
  readonly #onClose: () => void;
  readonly #topics: readonly string[];
  readonly #session: GroupSession;
  readonly #rebalanceTimeoutMs: number;
  /** By full topic name and partition. */
  readonly #owned = new Map<string, TopicPartition>();
  readonly #stop = new AbortController();
  #memberId = '';
  #generationId = -1;
  #announced = false;
  #metadata: GroupMetadata;
  /** Topics of the group that this member leads; empty when another one does. */
  #led: readonly string[] = [];
  #changed = Promise.withResolvers<void>();
  #draining: Promise<void> = Promise.resolve();
  #leaving: Promise<void> | undefined;

  private constructor({ cluster, options, generations, onClose }: MemberParts) {
    const { naming } = cluster.settings;
    this.#cluster = cluster;
    this.#onClose = onClose;
    this.#options = options;
    this.#generations = generations;
    this.#metadata = { groupId: options.groupId, generationId: -1, memberId: '' };
    this.#topics = options.topics.map((topic) => naming.full(topic));
    const sessionTimeoutMs = options.sessionTimeoutMs ?? 6000;
    this.#rebalanceTimeoutMs = options.rebalanceTimeoutMs ?? 10_000;
    this.#requests = new GroupRequests(cluster, {
      groupId: naming.full(options.groupId),
      sessionTimeoutMs,
      rebalanceTimeoutMs: this.#rebalanceTimeoutMs,
    });
    this.#session = new GroupSession(cluster, this.#requests, sessionTimeoutMs);
  }

  /** Joins, and resolves with the first generation. The first `assigned` comes after that. */
  static async join(parts: MemberParts): Promise<GroupMember> {
    const member = new GroupMember(parts);
    const { cluster, options } = parts;
    try {
      const described = await cluster.describeTopics(member.#topics);
      const missing = member.#topics.find((topic) => !described.has(topic));
      if (missing) throw new UnknownTopicError(cluster.bare(missing));
      const assignment = await cluster.retrying(`joining ${options.groupId}`, () => member.#joinAndSync());
      void member.#live(assignment);
      return member;
    } catch (error) {
      member.#requests.close();
      throw error;
    }
  }

  /** After a loss still what it was, so that the coordinator rejects what somebody tries to commit with it. */
  metadata(): GroupMetadata {
    return this.#metadata;
  }

  get silentMs(): number {
    return this.#session.silentMs;
  }

  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  async #live(first: readonly TopicPartition[]): Promise<void> {
    let assignment: readonly TopicPartition[] | undefined = first;
    await setImmediate();
    while (!this.#stop.signal.aborted && !this.#cluster.closed) {
      try {
        assignment ??= await this.#joinAndSync();
        if (this.#stop.signal.aborted) return;
        const settled = await this.#take(assignment);
        assignment = undefined;
        if (settled) await this.#stay();
      } catch (error) {
        assignment = undefined;
        if (this.#stop.signal.aborted) return;
        if (!(await this.#recovers(error))) return;
      }
    }
  }

  /** @throws what the broker answered; the caller decides. */
  async #joinAndSync(): Promise<TopicPartition[]> {
    for (;;) {
      const joined = await this.#join();
      try {
        const assignment = await this.#requests.sync(joined);
        this.#session.contact();
        this.#led = joined.led ? topicsOf(joined) : [];
        return assignment;
      } catch (error) {
        if (!brokerErrors(error).has('REBALANCE_IN_PROGRESS')) throw error;
      }
    }
  }

  async #join(): Promise<Joined> {
    const joined = await this.#requests.join(this.#memberId, {
      topics: this.#topics,
      owned: [...this.#owned.values()],
      generationId: this.#generationId,
    });
    this.#generations.remove(this.#memberId);
    this.#memberId = joined.memberId;
    this.#generationId = joined.generationId;
    const { generationId, memberId } = joined;
    this.#metadata = { groupId: this.#options.groupId, generationId, memberId };
    this.#session.contact();
    this.#generations.add(joined.memberId, {
      generationId: joined.generationId,
      owns: ({ topic, partition }) => this.#owned.has(partitionKey({ topic: this.#full(topic), partition })),
      nextChange: () => this.#changed.promise,
    });
    this.#announceChange();
    return joined;
  }

  /** Drains what goes, then takes what comes. @returns whether this assignment is final, or a rejoin must follow. */
  async #take(assignment: readonly TopicPartition[]): Promise<boolean> {
    const wanted = new Map(assignment.map((partition) => [partitionKey(partition), partition]));
    const going = [...this.#owned].filter(([key]) => !wanted.has(key)).map(([, partition]) => partition);
    if (going.length > 0) await this.#drain(going);
    if (this.#stop.signal.aborted) return false;
    const coming = [...wanted].filter(([key]) => !this.#owned.has(key));
    for (const [key, partition] of coming) this.#owned.set(key, partition);
    // The first answer is passed on even when it is empty: the member has joined.
    if (coming.length > 0 || !this.#announced)
      this.#options.assigned(coming.map(([, partition]) => this.#bare(partition)));
    this.#announced = true;
    return going.length === 0;
  }

  /** Waits for `revoked` while the session is kept alive. A rebalance can wait for it; a session that ended cannot. */
  async #drain(going: readonly TopicPartition[]): Promise<void> {
    const drained = new AbortController();
    this.#draining = this.#revoke(going).finally(() => drained.abort());
    const late = async () => {
      await this.#cluster.pause(this.#rebalanceTimeoutMs, drained.signal);
      if (!drained.signal.aborted) throw new DrainTookTooLong();
    };
    const beating = this.#session.beat({ ...this.#metadata, until: drained.signal, throughRebalances: true });
    try {
      await Promise.all([Promise.race([this.#draining, late()]), beating]);
    } finally {
      drained.abort();
    }
  }

  async #revoke(going: readonly TopicPartition[]): Promise<void> {
    try {
      await this.#options.revoked(going.map((partition) => this.#bare(partition)));
    } catch (error) {
      this.#cluster.settings.logger.error({ err: error, group: this.#options.groupId }, 'draining partitions failed');
    }
    for (const partition of going) {
      // One that was lost meanwhile may have come back as another.
      if (this.#owned.get(partitionKey(partition)) === partition) this.#owned.delete(partitionKey(partition));
    }
  }

  /** Stays in the group as it is until it rebalances, or topics get more partitions. */
  async #stay(): Promise<void> {
    const ended = new AbortController();
    const until = AbortSignal.any([this.#stop.signal, ended.signal]);
    const beating = this.#session.beat({ ...this.#metadata, until, throughRebalances: false });
    try {
      await Promise.race([beating, this.#topicsToChange(until)]);
    } finally {
      ended.abort();
    }
  }

  /** Resolves when topics of the led group have another number of partitions than at first. */
  async #topicsToChange(until: AbortSignal): Promise<void> {
    let before: ReadonlyMap<string, number> | undefined;
    while (!until.aborted && !this.#cluster.closed) {
      if (this.#led.length > 0) {
        const now = await this.#requests.countPartitions(this.#led).catch(() => before);
        if (before && [...(now ?? [])].some(([topic, partitions]) => before?.get(topic) !== partitions)) return;
        before = now;
      }
      await this.#cluster.pause(metadataCheckMs, until);
    }
  }

  /** @returns whether to join again. */
  async #recovers(error: unknown): Promise<boolean> {
    const ids = brokerErrors(error);
    if (ids.has('REBALANCE_IN_PROGRESS')) return true;
    if (error instanceof DrainTookTooLong) await this.#leaveGroup();
    if (error instanceof SessionExpired) this.#requests.interrupt();
    const forgotten = ids.has('UNKNOWN_MEMBER_ID') || error instanceof DrainTookTooLong;
    if (forgotten || ids.has('ILLEGAL_GENERATION') || error instanceof SessionExpired) {
      this.#lose();
      if (forgotten) this.#memberId = '';
      return true;
    }
    if (isConnectionFailure(error) || wasNotDone(error)) {
      if (this.#session.isOver) this.#lose();
      await this.#cluster.pause(200, this.#stop.signal);
      return !this.#cluster.closed;
    }
    this.#lose();
    this.#requests.close();
    this.#options.failed(this.#toFailure(error));
    return false;
  }

  #toFailure(error: unknown): TailraceError {
    const what = `membership of ${this.#options.groupId}`;
    if (!brokerErrors(error).has('INCONSISTENT_GROUP_PROTOCOL')) return toTailraceError(error, what);
    return new TailraceError(`${what}: other members of this group use another Kafka client`, {
      code: 'kafka.inconsistent_group',
      remedy: 'give-up',
      help: 'Run all processes of a role with the same KAFKA_CLIENT; stop the others first.',
      cause: error,
    });
  }

  /** Everything owned belongs to somebody else now. */
  #lose(): void {
    const lost = [...this.#owned.values()];
    this.#owned.clear();
    this.#generations.remove(this.#memberId);
    this.#generationId = -1;
    this.#announceChange();
    if (lost.length > 0) this.#options.lost(lost.map((partition) => this.#bare(partition)));
  }

  async #leave(): Promise<void> {
    this.#stop.abort();
    await this.#atMostRebalanceTimeout(this.#draining);
    const left = [...this.#owned.values()];
    // Where the session ends first, what is under way still finishes, to be fenced where somebody else took over.
    if (left.length > 0) await this.#drain(left).catch(() => this.#atMostRebalanceTimeout(this.#draining));
    await this.#leaveGroup();
    this.#generations.remove(this.#memberId);
    this.#announceChange();
    this.#requests.close();
    this.#onClose();
  }

  #atMostRebalanceTimeout(draining: Promise<void>): Promise<void> {
    const ended = new AbortController();
    return Promise.race([draining, this.#cluster.pause(this.#rebalanceTimeoutMs, ended.signal)]).finally(() =>
      ended.abort(),
    );
  }

  /** So that others take over at once; where it does not get through, the session's end does the same. */
  async #leaveGroup(): Promise<void> {
    if (this.#memberId === '') return;
    this.#requests.interrupt();
    const left = this.#requests.leave(this.#memberId).catch(() => undefined);
    await Promise.race([left, this.#cluster.pause(leaveTimeoutMs)]);
  }

  #announceChange(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  #full(topic: string): string {
    return this.#cluster.settings.naming.full(topic);
  }

  #bare({ topic, partition }: TopicPartition): TopicPartition {
    return { topic: this.#cluster.bare(topic), partition };
  }
}

class DrainTookTooLong extends Error {}

function topicsOf({ led }: Joined): string[] {
  return [...new Set([...(led?.values() ?? [])].flatMap(({ topics }) => topics))];
}
