import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { GroupMembership, GroupMetadata, GroupOptions, TopicPartition, TopicPartitionOffset } from '../kafka.ts';
import { answerType } from './broker-error.ts';
import type { Cluster } from './cluster.ts';
import { CoordinatorSession } from './coordinator-session.ts';
import type { CommittingMember, GroupMemberships } from './group-memberships.ts';
import { isConnectionLoss, isTransient, mapError } from './map-error.ts';

const defaultSessionTimeoutMs = 6000;
const defaultRebalanceTimeoutMs = 10_000;
/** A rebalance is noticed by the next heartbeat, so members wait for each other about this long. */
const heartbeatMs = 1000;
/** How often the member that assigned looks whether topics have got more partitions. */
const topicCheckMs = 30_000;
const retryPauseMs = 200;
/** How long leaving waits for the coordinator; it notices by itself when the session is over. */
const leaveGraceMs = 1000;

const noMember = new Set(['UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID']);
const notOfThisGeneration = new Set([...noMember, 'ILLEGAL_GENERATION']);

/**
 * A membership that consumes nothing: it joins, heartbeats, drains and joins again. kafkajs' consumer ties membership
 * to its fetch loop, and hangs between the two when a rebalance meets a stop (#558, #1593); this uses its requests alone.
 *
 * One loop does everything in turn; beside it run only heartbeats while the member drains.
 */
export class KafkajsMembership implements GroupMembership, CommittingMember {
  readonly #cluster: Cluster;
  readonly #options: GroupOptions;
  readonly #session: CoordinatorSession;
  readonly #sessionMs: number;
  readonly #rebalanceMs: number;
  readonly #leaving = new AbortController();
  readonly #joined = Promise.withResolvers<void>();
  readonly #commits = new Set<Promise<void>>();
  readonly #withdraw: () => void;
  #generationId = -1;
  #memberId = '';
  #owned: readonly TopicPartition[] = [];
  #assignedFrom: ReadonlyMap<string, number> | undefined;
  /** Pending while a rebalance is under way, so that no offsets are committed between two generations. */
  #rebalance: PromiseWithResolvers<void> | undefined;
  #sessionTimer: NodeJS.Timeout | undefined;
  #heardAt = performance.now();
  #running: Promise<void> = Promise.resolve();
  #left: Promise<void> | undefined;

  private constructor(cluster: Cluster, options: GroupOptions, memberships: GroupMemberships) {
    this.#cluster = cluster;
    this.#options = options;
    this.#sessionMs = options.sessionTimeoutMs ?? defaultSessionTimeoutMs;
    this.#rebalanceMs = options.rebalanceTimeoutMs ?? defaultRebalanceTimeoutMs;
    const timeouts = { sessionMs: this.#sessionMs, rebalanceMs: this.#rebalanceMs };
    this.#session = new CoordinatorSession(cluster, options, timeouts);
    this.#withdraw = memberships.add(this);
  }

  /** Resolves with the first generation; its partitions are assigned after the caller has got the membership. */
  static async join(
    cluster: Cluster,
    options: GroupOptions,
    memberships: GroupMemberships,
  ): Promise<KafkajsMembership> {
    const membership = new KafkajsMembership(cluster, options, memberships);
    membership.#running = membership.#run();
    try {
      await membership.#joined.promise;
      return membership;
    } catch (error) {
      await membership.leave();
      throw error;
    }
  }

  metadata(): GroupMetadata {
    const { groupId } = this.#options;
    return { groupId, generationId: this.#generationId, memberId: this.#memberId };
  }

  get silentMs(): number {
    return performance.now() - this.#heardAt;
  }

  async commitAs(
    { generationId }: GroupMetadata,
    partitions: readonly TopicPartition[],
    commit: (generationId: number) => Promise<void>,
  ): Promise<void> {
    while (this.#rebalance) await this.#rebalance.promise;
    const owns = partitions.every((partition) => this.#owned.some((owned) => samePartition(owned, partition)));
    const committing = commit(owns ? this.#generationId : generationId);
    this.#commits.add(committing);
    try {
      await committing;
    } finally {
      this.#commits.delete(committing);
    }
  }

  leave(): Promise<void> {
    this.#left ??= (async () => {
      this.#leaving.abort();
      // A join under way is answered only when everybody has joined.
      if (this.#rebalance) this.#cluster.connections.close();
      await this.#running;
      this.#withdraw();
      clearTimeout(this.#sessionTimer);
      if (this.#session.memberId !== '') await this.#sayGoodbye();
      this.#cluster.connections.close();
    })();
    return this.#left;
  }

  async #run(): Promise<void> {
    try {
      while (!this.#leaving.signal.aborted) {
        await this.#join();
        await this.#tellAssigned();
        await this.#stay();
        await this.#drain();
      }
    } catch (error) {
      if (this.#leaving.signal.aborted) return;
      this.#lose();
      const failure = mapError(error, `being a member of ${this.#options.groupId}`);
      if (this.#generationId === -1) this.#joined.reject(failure);
      else this.#options.failed(failure);
    } finally {
      this.#rebalance?.resolve();
      this.#rebalance = undefined;
    }
  }

  /** Joins until it succeeds. @throws what no retry mends. */
  async #join(): Promise<void> {
    clearTimeout(this.#sessionTimer);
    this.#rebalance = Promise.withResolvers();
    await Promise.allSettled(this.#commits);
    const started = performance.now();
    for (;;) {
      try {
        const generation = await this.#session.join();
        this.#generationId = generation.generationId;
        this.#memberId = this.#session.memberId;
        this.#assignedFrom = generation.assignedFrom;
        this.#owned = generation.partitions;
        this.#heard();
        break;
      } catch (error) {
        this.#cluster.forget();
        if (noMember.has(answerType(error) ?? '')) this.#session.forgetMember();
        else if (!this.#mayJoinAgain(error, performance.now() - started)) throw error;
        else await this.#pause(retryPauseMs);
        this.#leaving.signal.throwIfAborted();
      }
    }
    this.#rebalance.resolve();
    this.#rebalance = undefined;
  }

  #mayJoinAgain(error: unknown, elapsedMs: number): boolean {
    const type = answerType(error) ?? '';
    if (type === 'REBALANCE_IN_PROGRESS' || notOfThisGeneration.has(type) || isTransient(error)) return true;
    const isFirst = this.#generationId === -1;
    const isFinal = mapError(error, 'joining').remedy === 'give-up';
    if (isFirst) return isConnectionLoss(error) && elapsedMs < this.#cluster.settings.retryTimeoutMs;
    return !isFinal;
  }

  async #tellAssigned(): Promise<void> {
    this.#joined.resolve();
    await nextTurn();
    if (this.#leaving.signal.aborted) this.#owned = [];
    else this.#options.assigned(this.#owned);
  }

  /** Heartbeats until there is a rebalance, the partitions are lost, or the member is to leave. */
  async #stay(): Promise<void> {
    const leaving = this.#leaving.signal;
    let topicsCheckedAt = performance.now();
    for (;;) {
      await this.#pause(heartbeatMs);
      if (!this.#sessionTimer || leaving.aborted) return;
      if ((await outcomeUnlessAborted(this.#heartbeat(), leaving)) !== 'member') return;
      if (this.#assignedFrom && performance.now() - topicsCheckedAt > topicCheckMs) {
        topicsCheckedAt = performance.now();
        const changed = this.#session.partitionsChanged(this.#assignedFrom).catch(() => false);
        if (await outcomeUnlessAborted(changed, leaving)) return;
      }
    }
  }

  /** One heartbeat. An unreachable broker is no answer: the session time-out decides then. */
  async #heartbeat(): Promise<'member' | 'rebalance' | 'lost'> {
    try {
      await this.#session.heartbeat(this.#generationId);
      this.#heard();
      return 'member';
    } catch (error) {
      const type = answerType(error) ?? '';
      if (type === 'REBALANCE_IN_PROGRESS') {
        this.#heard();
        return 'rebalance';
      }
      if (notOfThisGeneration.has(type)) {
        if (noMember.has(type)) this.#session.forgetMember();
        this.#lose();
        return 'lost';
      }
      this.#cluster.forget();
      if (mapError(error, 'sending a heartbeat').remedy === 'give-up') throw error;
      return this.#sessionTimer ? 'member' : 'lost';
    }
  }

  /** Lets go of everything, as an eager member does at each rebalance, heartbeating until it has. */
  async #drain(): Promise<void> {
    const leaving = this.#owned;
    if (leaving.length === 0) return;
    let drained = false;
    const draining = this.#options
      .revoked(leaving)
      .catch((error: unknown) => this.#cluster.settings.logger.warn({ err: error }, 'draining partitions failed'))
      .then(() => {
        drained = true;
      });
    const deadline = performance.now() + this.#rebalanceMs;
    while (!drained && !(this.#leaving.signal.aborted && performance.now() > deadline)) {
      await Promise.race([draining, sleep(heartbeatMs, undefined, { ref: false })]);
      // Once they are lost there is nothing to keep alive, but the drain must end before the member joins again.
      if (!drained && this.#owned.length > 0) await Promise.race([draining, this.#heartbeat().catch(() => undefined)]);
    }
    this.#owned = [];
  }

  /** The coordinator has answered: the session starts over. */
  #heard(): void {
    clearTimeout(this.#sessionTimer);
    this.#heardAt = performance.now();
    this.#sessionTimer = setTimeout(() => this.#lose(), this.#sessionMs);
  }

  #lose(): void {
    clearTimeout(this.#sessionTimer);
    this.#sessionTimer = undefined;
    const lost = this.#owned;
    this.#owned = [];
    if (lost.length > 0) this.#options.lost(lost);
  }

  async #sayGoodbye(): Promise<void> {
    const cluster = this.#cluster.sibling();
    const goodbye = this.#session.leaveThrough(cluster).catch(() => undefined);
    await Promise.race([goodbye, sleep(leaveGraceMs, undefined, { ref: false })]);
    cluster.connections.close();
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#leaving.signal }).catch(() => undefined);
  }
}

function samePartition(left: TopicPartition | TopicPartitionOffset, right: TopicPartition): boolean {
  return left.topic === right.topic && left.partition === right.partition;
}

/** A call's outcome, or undefined when the signal aborts first. */
function outcomeUnlessAborted<Outcome>(call: Promise<Outcome>, signal: AbortSignal): Promise<Outcome | undefined> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(undefined);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    call.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
