import { setImmediate as nextTurn } from 'node:timers/promises';
import type { GroupMembership, GroupMetadata, GroupOptions, TopicPartition } from '../kafka.ts';
import type { Clock } from './clock.ts';
import type { Group, GroupMember } from './group.ts';
import { samePartition, without } from './partition-sets.ts';
import type { ClientProcess } from './process.ts';

interface Coordinator {
  readonly group: Group;
  readonly clock: Clock;
  readonly process: ClientProcess;
  readonly nextMemberId: () => string;
}

/** The client's side of a membership: it drains when asked to, and joins again when it was expelled. */
export class MemoryMembership implements GroupMembership {
  readonly #coordinator: Coordinator;
  readonly #options: GroupOptions;
  readonly #firstGeneration = Promise.withResolvers<void>();
  readonly #withdraw: () => void;
  #memberId = '';
  #generationId = -1;
  #owned: readonly TopicPartition[] = [];
  #draining: readonly TopicPartition[] = [];
  #stopSession: (() => void) | undefined;
  #expelledWhilePaused = false;
  #callbacks: Promise<void> = Promise.resolve();
  #leaving: Promise<void> | undefined;

  private constructor(coordinator: Coordinator, options: GroupOptions) {
    this.#coordinator = coordinator;
    this.#options = options;
    this.#withdraw = coordinator.process.enrol({
      silent: () => this.#silent(),
      expire: () => this.#coordinator.group.expel(this.#memberId),
      resumed: () => this.#resumed(),
    });
  }

  /** Resolves with the first generation; its partitions are assigned right after the caller has the membership. */
  static async join(coordinator: Coordinator, options: GroupOptions): Promise<MemoryMembership> {
    const membership = new MemoryMembership(coordinator, options);
    membership.#join();
    await membership.#firstGeneration.promise;
    return membership;
  }

  metadata(): GroupMetadata {
    return { groupId: this.#options.groupId, generationId: this.#generationId, memberId: this.#memberId };
  }

  get silentMs(): number {
    return this.#coordinator.process.silentMs;
  }

  leave(): Promise<void> {
    this.#leaving ??= (async () => {
      await this.#revoke(this.#owned);
      this.#withdraw();
      this.#stopSession?.();
      if (!this.#coordinator.process.crashed) this.#coordinator.group.leave(this.#memberId);
    })();
    return this.#leaving;
  }

  #join(): void {
    const { group, nextMemberId } = this.#coordinator;
    this.#memberId = nextMemberId();
    const member: GroupMember = {
      id: this.#memberId,
      topics: this.#options.topics,
      rebalanceTimeoutMs: this.#options.rebalanceTimeoutMs ?? 10_000,
      revoke: (partitions) => this.#revokeWhileAlive(partitions),
      assign: (generationId, added) => this.#assign(generationId, added),
      expelled: () => this.#expelled(),
    };
    group.join(member);
  }

  /** A dead process lets go of nothing: the coordinator must wait for its session to expire. */
  async #revokeWhileAlive(partitions: readonly TopicPartition[]): Promise<void> {
    await this.#revoke(partitions);
    if (this.#coordinator.process.crashed) await new Promise<never>(() => undefined);
  }

  #revoke(partitions: readonly TopicPartition[]): Promise<void> {
    return this.#callback(async () => {
      const leaving = this.#stillOwned(partitions);
      if (leaving.length === 0) return;
      this.#owned = without(this.#owned, leaving);
      this.#draining = leaving;
      try {
        await this.#options.revoked(leaving);
      } finally {
        this.#draining = [];
      }
    });
  }

  #assign(generationId: number, added: readonly TopicPartition[]): void {
    const first = this.#generationId === -1;
    this.#generationId = generationId;
    this.#firstGeneration.resolve();
    this.#owned = [...this.#owned, ...added];
    if (!first && added.length === 0) return;
    void this.#callback(async () => {
      if (first) await nextTurn();
      const still = this.#stillOwned(added);
      if (!this.#leaving && (first || still.length > 0)) this.#options.assigned(still);
    });
  }

  /** One after the other, and none while the process is paused or after it has crashed. */
  #callback(call: () => Promise<void>): Promise<void> {
    this.#callbacks = this.#callbacks.then(async () => {
      try {
        await this.#coordinator.process.running();
      } catch {
        return;
      }
      await call().catch((error: unknown) => this.#options.failed(error));
    });
    return this.#callbacks;
  }

  #stillOwned(partitions: readonly TopicPartition[]): TopicPartition[] {
    return partitions.filter((one) => this.#owned.some((other) => samePartition(one, other)));
  }

  /** The process stopped answering: its session runs out after the session time-out. */
  #silent(): void {
    const { clock, group } = this.#coordinator;
    const memberId = this.#memberId;
    this.#stopSession = clock.after(this.#options.sessionTimeoutMs ?? 6000, () => group.expel(memberId));
  }

  #expelled(): void {
    const { process } = this.#coordinator;
    this.#stopSession?.();
    if (process.crashed) return;
    if (process.paused) {
      this.#expelledWhilePaused = true;
      return;
    }
    this.#loseAll();
  }

  #resumed(): void {
    this.#stopSession?.();
    if (!this.#expelledWhilePaused) return;
    this.#expelledWhilePaused = false;
    this.#loseAll();
  }

  #loseAll(): void {
    const lost = [...this.#owned, ...this.#draining];
    this.#owned = [];
    this.#draining = [];
    if (lost.length > 0) this.#options.lost(lost);
    if (!this.#leaving) void this.#callback(async () => this.#join());
  }
}
