import { ConnectionLostError } from '../errors.ts';

/** A membership as its process sees it. */
interface Enrolled {
  /** The process no longer answers: the session time-out starts. */
  silent(): void;
  /** The session expires now. */
  expire(): void;
  resumed(): void;
}

/** One client's process: running, stopped by SIGSTOP, or dead. Everything a client does passes through here. */
export class ClientProcess {
  readonly #memberships = new Set<Enrolled>();
  #state: 'running' | 'paused' | 'crashed' = 'running';
  #resumed = Promise.withResolvers<void>();
  #stoppedAt: number | undefined;

  get crashed(): boolean {
    return this.#state === 'crashed';
  }

  /** Milliseconds since nothing has been answered; 0 while it runs. */
  get silentMs(): number {
    return this.#stoppedAt === undefined ? 0 : performance.now() - this.#stoppedAt;
  }

  get paused(): boolean {
    return this.#state === 'paused';
  }

  /**
   * Waits while the process is paused.
   * @throws ConnectionLostError once it has crashed: nothing it asks for takes effect any more.
   */
  async running(): Promise<void> {
    while (this.#state === 'paused') await this.#resumed.promise;
    if (this.#state === 'crashed') throw new ConnectionLostError('this client has crashed');
  }

  pause(): void {
    if (this.#state !== 'running') return;
    this.#state = 'paused';
    this.#stoppedAt ??= performance.now();
    for (const membership of this.#memberships) membership.silent();
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    this.#stoppedAt = undefined;
    this.#wake();
    for (const membership of [...this.#memberships]) membership.resumed();
  }

  crash(): void {
    if (this.#state === 'crashed') return;
    this.#state = 'crashed';
    this.#stoppedAt ??= performance.now();
    this.#wake();
    for (const membership of this.#memberships) membership.silent();
  }

  /** Its sessions expire: the groups go on without it. */
  expireSessions(): void {
    for (const membership of [...this.#memberships]) membership.expire();
  }

  enrol(membership: Enrolled): () => void {
    this.#memberships.add(membership);
    return () => this.#memberships.delete(membership);
  }

  #wake(): void {
    this.#resumed.resolve();
    this.#resumed = Promise.withResolvers();
  }
}
