import type { LimiterPool } from '@tailrace/ingestion/asking/request-limiter.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import { openTable } from '@tailrace/stream/reading/table.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import type { ConfigureConnection } from './configure-connection.ts';

interface QuotaSharesOptions {
  readonly kafka: Kafka;
  readonly logger: Logger;
  readonly configure: ConfigureConnection;
  readonly limiters: LimiterPool;
}

/** A connection that is to be read. */
interface Reader {
  readonly partition: number;
  readonly quota: string;
}

/**
 * Divides each provider's quota among the ingest processes, which need not talk to each other for that: a process's part is that of its
 * connections among all connections of the same account that are to be read, and every process reads the same table of
 * them. The parts add up to the quota, since a connection is one process's alone. What nobody reads for the moment leaves
 * its part unused.
 */
export class QuotaShares {
  readonly #options: QuotaSharesOptions;
  readonly #readers = new Map<string, Reader>();
  /** The newest record of each connection that was read. */
  readonly #newest = new Map<string, Connection>();
  readonly #owned = new Set<number>();
  readonly #pending = new Set<Promise<void>>();

  private constructor(options: QuotaSharesOptions) {
    this.#options = options;
  }

  /** Resolves once all connections that there are have been read. */
  static async open(options: QuotaSharesOptions): Promise<QuotaShares & AsyncDisposable> {
    const { kafka, logger } = options;
    const shares = new QuotaShares(options);
    const table = openTable({
      kafka,
      logger,
      topic: topics.connections,
      onChange: ({ key, value, partition }) => shares.#change(key, value, partition),
    });
    await table.caughtUp;
    while (shares.#pending.size > 0) await Promise.all(shares.#pending);
    return Object.assign(shares, { [Symbol.asyncDispose]: () => table.close() });
  }

  /** This process begins to read the connections of a partition. */
  own(partition: number): void {
    this.#owned.add(partition);
    this.#divide();
  }

  /** It has ended that. */
  release(partition: number): void {
    this.#owned.delete(partition);
    this.#divide();
  }

  #change(id: string, connection: Connection | undefined, partition: number): void {
    if (connection?.desired_state === 'running') {
      this.#newest.set(id, connection);
      const reading = this.#read(connection, partition).finally(() => this.#pending.delete(reading));
      this.#pending.add(reading);
      return;
    }
    this.#newest.delete(id);
    if (this.#readers.delete(id)) this.#divide();
  }

  async #read(connection: Connection, partition: number): Promise<void> {
    const configured = await this.#options.configure(connection);
    const { id } = connection;
    if (this.#newest.get(id) !== connection) return;
    // One that cannot be configured asks nobody.
    if ('error' in configured) this.#readers.delete(id);
    else this.#readers.set(id, { partition, quota: configured.connector.quota.key });
    this.#divide();
  }

  #divide(): void {
    const all = new Map<string, number>();
    const own = new Map<string, number>();
    for (const { partition, quota } of this.#readers.values()) {
      all.set(quota, (all.get(quota) ?? 0) + 1);
      if (this.#owned.has(partition)) own.set(quota, (own.get(quota) ?? 0) + 1);
    }
    const shares = Array.from(own, ([quota, count]) => [quota, count / (all.get(quota) ?? count)] as const);
    this.#options.limiters.setShares(new Map(shares));
  }
}
