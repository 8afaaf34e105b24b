import type { Cluster } from '../cluster.ts';
import { brokerErrors, isConnectionFailure, wasNotDone } from '../failure.ts';
import type { GroupRequests } from './group-requests.ts';

/** Also how long it takes until members notice that somebody joined or left. */
const heartbeatMs = 500;

/** This member's time without the coordinator is over: what it owned may be somebody else's already. */
export class SessionExpired extends Error {}

interface Beating {
  readonly generationId: number;
  readonly memberId: string;
  readonly until: AbortSignal;
  /** Whether to go on when the group wants to rebalance: it waits for the member that drains. */
  readonly throughRebalances: boolean;
}

/** A member's session with its coordinator, judged by this process's own clock too. */
export class GroupSession {
  readonly #cluster: Cluster;
  readonly #requests: GroupRequests;
  readonly #timeoutMs: number;
  #lastContact = performance.now();

  constructor(cluster: Cluster, requests: GroupRequests, timeoutMs: number) {
    this.#cluster = cluster;
    this.#requests = requests;
    this.#timeoutMs = timeoutMs;
  }

  /** The coordinator answered: the session starts over. */
  contact(): void {
    this.#lastContact = performance.now();
  }

  get silentMs(): number {
    return performance.now() - this.#lastContact;
  }

  get isOver(): boolean {
    return this.silentMs > this.#timeoutMs;
  }

  /**
   * Heartbeats until it is asked to end. Rejects when the group rebalances, has forgotten the member, or the session is
   * over: a process that was stopped, or cut off, past its session must not think that it owns anything.
   */
  async beat({ generationId, memberId, until, throughRebalances }: Beating): Promise<void> {
    for (;;) {
      await this.#cluster.pause(heartbeatMs, until);
      if (until.aborted || this.#cluster.closed) return;
      if (this.isOver) throw new SessionExpired();
      try {
        await this.#inTime(this.#requests.heartbeat(generationId, memberId));
        this.contact();
      } catch (error) {
        const rebalancing = brokerErrors(error).has('REBALANCE_IN_PROGRESS');
        if (rebalancing) this.contact();
        const passes = (rebalancing && throughRebalances) || isConnectionFailure(error) || wasNotDone(error);
        if (!passes) throw error;
      }
    }
  }

  /** An answer that takes longer than the session has left is as good as none. */
  async #inTime(answer: Promise<void>): Promise<void> {
    const answered = new AbortController();
    const late = async () => {
      await this.#cluster.pause(this.#lastContact + this.#timeoutMs - performance.now(), answered.signal);
      if (!answered.signal.aborted) throw new SessionExpired();
    };
    answer.catch(() => undefined);
    try {
      await Promise.race([answer, late()]);
    } finally {
      answered.abort();
    }
  }
}
