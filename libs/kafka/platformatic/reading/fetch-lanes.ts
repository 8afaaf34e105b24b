import type { Links } from '../brokers/links.ts';
import type { Cluster } from '../cluster.ts';

/**
 * Connections of one reader. A fetch occupies its connection while the broker waits for records, so a partition taken up
 * meanwhile is fetched over another one. Almost always there is one.
 */
export class FetchLanes {
  readonly #cluster: Cluster;
  readonly #waitMs: number;
  readonly #free: Links[] = [];
  readonly #all = new Set<Links>();

  /** @param waitMs how long a fetch lets the broker wait for records. */
  constructor(cluster: Cluster, waitMs: number) {
    this.#cluster = cluster;
    this.#waitMs = waitMs;
  }

  take(): Links {
    const waitMs = this.#waitMs;
    const requestTimeoutMs = waitMs + this.#cluster.settings.requestTimeoutMs;
    const lane = this.#free.pop() ?? this.#cluster.openLinks({ requestTimeoutMs, waitMs });
    this.#all.add(lane);
    return lane;
  }

  release(lane: Links): void {
    if (this.#all.has(lane)) this.#free.push(lane);
  }

  close(): void {
    for (const lane of this.#all) lane.close();
    this.#all.clear();
    this.#free.length = 0;
  }
}
