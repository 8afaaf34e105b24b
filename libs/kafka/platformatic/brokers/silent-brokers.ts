/** How often brokers that owe an answer are looked after. */
const lookEveryMs = 1000;
/** A broker that is well answers within this, besides the time that a request asks it to wait. */
const patienceMs = 3000;

/** A connection to a broker, as far as silence goes. */
interface Droppable {
  /** Ends the connection; what waits on it rejects. */
  drop(): void;
}

interface Owed {
  readonly nodeId: number;
  readonly link: Droppable;
  readonly overdueAt: number;
}

/**
 * Ends connections to brokers that the cluster has given up. A broker whose process hangs keeps its connections open, and a
 * request to it would wait for its whole time-out, long after others have taken over what it led: the controller fences a
 * broker after 9 s without a heartbeat (`broker.session.timeout.ms`), and from then on metadata leaves it out. So whenever
 * an answer is overdue the others are asked for metadata, and where the broker is gone, so are the connections to it.
 */
export class SilentBrokers {
  readonly #aliveBrokers: () => Promise<ReadonlySet<number>>;
  readonly #owed = new Set<Owed>();
  #timer: NodeJS.Timeout | undefined;

  /** @param aliveBrokers node ids of the brokers that the cluster has now, asked of whichever answers. */
  constructor(aliveBrokers: () => Promise<ReadonlySet<number>>) {
    this.#aliveBrokers = aliveBrokers;
  }

  /**
   * Awaits an answer.
   * @param waitMs how long the request lets the broker wait before it answers.
   */
  async answered<Answer>(
    { nodeId, link, waitMs }: { readonly nodeId: number; readonly link: Droppable; readonly waitMs: number },
    answer: Promise<Answer>,
  ): Promise<Answer> {
    const owed = { nodeId, link, overdueAt: performance.now() + waitMs + patienceMs };
    this.#owed.add(owed);
    this.#timer ??= setTimeout(this.#look, lookEveryMs).unref();
    try {
      return await answer;
    } finally {
      this.#owed.delete(owed);
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#owed.clear();
  }

  readonly #look = async (): Promise<void> => {
    const now = performance.now();
    const overdue = [...this.#owed].filter(({ overdueAt }) => now >= overdueAt);
    if (overdue.length > 0) {
      // When none of them answers there is nobody who could have taken over.
      const alive = await this.#aliveBrokers().catch(() => undefined);
      for (const owed of overdue) if (alive && this.#owed.has(owed) && !alive.has(owed.nodeId)) owed.link.drop();
    }
    this.#timer = this.#owed.size > 0 ? setTimeout(this.#look, lookEveryMs).unref() : undefined;
  };
}
