import { setImmediate } from 'node:timers/promises';
import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { UnknownTopicError } from '../errors.ts';
import type { GroupMembership, GroupMetadata, GroupOptions, TopicPartition } from '../kafka.ts';
import type { Cluster } from './cluster.ts';
import { brokerErrors, isConnectionFailure, toTailraceError, wasNotDone } from './failure.ts';
import type { Generations } from './generations.ts';
import { GroupRequests, type Joined } from './group-requests.ts';

/** Also how long it takes until members notice that somebody joined or left. */
const heartbeatMs = 500;
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
 */
export class GroupMember implements GroupMembership {
  readonly #cluster: Cluster;
  readonly #options: GroupOptions;
  readonly #generations: Generations;
  readonly #requests: GroupRequests;
  readonly #onClose: () => void;
  readonly #topics: readonly string[];
  readonly #sessionTimeoutMs: number;
  readonly #rebalanceTimeoutMs: number;
  /** By full topic name and partition. */
  readonly #owned = new Map<string, TopicPartition>();
  readonly #stop = new AbortController();
  #memberId = '';
  #generationId = -1;
  #told = false;
  #metadata: GroupMetadata;
  #leads: ReadonlyMap<string, number> | undefined;
  #lastContact = performance.now();
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
    this.#sessionTimeoutMs = options.sessionTimeoutMs ?? 6000;
    this.#rebalanceTimeoutMs = options.rebalanceTimeoutMs ?? 10_000;
    this.#requests = new GroupRequests(cluster, {
      groupId: naming.full(options.groupId),
      sessionTimeoutMs: this.#sessionTimeoutMs,
      rebalanceTimeoutMs: this.#rebalanceTimeoutMs,
    });
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

  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  async #live(first: readonly TopicPartition[]): Promise<void> {
    let assignment: readonly TopicPartition[] | undefined = first;
    await setImmediate();
    while (!this.#stop.signal.aborted) {
      try {
        assignment ??= await this.#joinAndSync();
        if (this.#stop.signal.aborted) return;
        const settled = await this.#take(assignment);
        assignment = undefined;
        if (settled) await this.#beat({ until: this.#stop.signal, throughRebalances: false });
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
        this.#lastContact = performance.now();
        this.#leads = joined.led && (await this.#requests.countPartitions(topicsOf(joined)));
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
    this.#lastContact = performance.now();
    this.#generations.add(joined.memberId, {
      generationId: joined.generationId,
      owns: ({ topic, partition }) => this.#owned.has(keyOf({ topic: this.#full(topic), partition })),
      nextChange: () => this.#changed.promise,
    });
    this.#announceChange();
    return joined;
  }

  /** Drains what goes, then takes what comes. @returns whether this assignment is final, or a rejoin must follow. */
  async #take(assignment: readonly TopicPartition[]): Promise<boolean> {
    const wanted = new Map(assignment.map((partition) => [keyOf(partition), partition]));
    const going = [...this.#owned].filter(([key]) => !wanted.has(key)).map(([, partition]) => partition);
    if (going.length > 0) await this.#drain(going);
    if (this.#stop.signal.aborted) return false;
    const coming = [...wanted].filter(([key]) => !this.#owned.has(key));
    for (const [key, partition] of coming) this.#owned.set(key, partition);
    // The first answer is told even when it is empty: the member has joined.
    if (coming.length > 0 || !this.#told) this.#options.assigned(coming.map(([, partition]) => this.#bare(partition)));
    this.#told = true;
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
    const beating = this.#beat({ until: drained.signal, throughRebalances: true });
    beating.catch(() => drained.abort());
    await Promise.all([Promise.race([this.#draining, late()]), beating]);
  }

  async #revoke(going: readonly TopicPartition[]): Promise<void> {
    try {
      await this.#options.revoked(going.map((partition) => this.#bare(partition)));
    } catch (error) {
      this.#cluster.settings.logger.error({ err: error, group: this.#options.groupId }, 'draining partitions failed');
    }
    for (const partition of going) this.#owned.delete(keyOf(partition));
  }

  /** Heartbeats until it is stopped or topics changed; rejects when the group rebalances or the session ended. */
  async #beat({ until, throughRebalances }: { until: AbortSignal; throughRebalances: boolean }): Promise<void> {
    let nextCheck = performance.now() + metadataCheckMs;
    for (;;) {
      await this.#cluster.pause(heartbeatMs, until);
      if (until.aborted || this.#stop.signal.aborted) return;
      this.#checkSession();
      try {
        await this.#withinSession(this.#requests.heartbeat(this.#generationId, this.#memberId));
        this.#lastContact = performance.now();
      } catch (error) {
        const rebalancing = brokerErrors(error).has('REBALANCE_IN_PROGRESS');
        if (rebalancing) this.#lastContact = performance.now();
        const ignored = (rebalancing && throughRebalances) || isConnectionFailure(error) || wasNotDone(error);
        if (!ignored) throw error;
      }
      if (this.#leads && !throughRebalances && performance.now() > nextCheck) {
        nextCheck = performance.now() + metadataCheckMs;
        if (await this.#partitionsChanged(this.#leads)) return;
      }
    }
  }

  async #partitionsChanged(before: ReadonlyMap<string, number>): Promise<boolean> {
    try {
      const now = await this.#requests.countPartitions([...before.keys()]);
      return [...now].some(([topic, partitions]) => before.get(topic) !== partitions);
    } catch {
      return false;
    }
  }

  /** A process that was stopped, or cut off, past its session must not think that it owns anything. */
  #checkSession(): void {
    if (performance.now() - this.#lastContact > this.#sessionTimeoutMs) throw new SessionExpired();
  }

  /** An answer that takes longer than the session has left is as good as none. */
  async #withinSession(answer: Promise<void>): Promise<void> {
    const left = this.#sessionTimeoutMs - (performance.now() - this.#lastContact);
    const answered = new AbortController();
    const late = this.#cluster.pause(Math.max(0, left), answered.signal).then(() => {
      if (!answered.signal.aborted) throw new SessionExpired();
    });
    late.catch(() => undefined);
    try {
      await Promise.race([answer, late]);
    } finally {
      answered.abort();
      answer.catch(() => undefined);
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
      if (this.#owned.size > 0 && performance.now() - this.#lastContact > this.#sessionTimeoutMs) this.#lose();
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
    await this.#draining;
    const left = [...this.#owned.values()];
    if (left.length > 0) await this.#revoke(left);
    await this.#leaveGroup();
    this.#generations.remove(this.#memberId);
    this.#announceChange();
    this.#requests.close();
    this.#onClose();
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

class SessionExpired extends Error {}
class DrainTookTooLong extends Error {}

function topicsOf({ led }: Joined): string[] {
  return [...new Set([...(led?.values() ?? [])].flatMap(({ topics }) => topics))];
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
