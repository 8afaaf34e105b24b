import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import type { LimiterPool } from '@tailrace/ingestion/asking/request-limiter.ts';
import type { ConfiguredConnector } from '@tailrace/ingestion/contract/configure.ts';
import { ConnectionReport, restingStatus } from '@tailrace/ingestion/reporting/connection-report.ts';
import { runConnection } from '@tailrace/ingestion/running/connection-runner.ts';
import {
  checkpointRecord,
  nothingStored,
  readCheckpoints,
  type StoredCheckpoint,
} from '@tailrace/ingestion/storing/checkpoint-table.ts';
import { statusRecord } from '@tailrace/ingestion/storing/status-table.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import type { ConnectionState } from '@tailrace/schemas/generated/connection-state.ts';
import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import { Backoff } from '@tailrace/stream/backoff.ts';
import type { PartitionWriter } from '@tailrace/stream/partition-writer.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import type { Metrics } from '@tailrace/telemetry/metrics.ts';
import type { ConfigureConnection } from './configure-connection.ts';

export interface SupervisorOptions {
  readonly kafka: Kafka;
  readonly configure: ConfigureConnection;
  readonly limiters: LimiterPool;
  /** The partition of `connections` whose connections these are. */
  readonly partition: number;
  /** Partitions of the raw topics and of `logs.dead`, as the broker has them. */
  readonly partitionsOf: (topic: string) => number;
  readonly writer: PartitionWriter;
  /** As the tables had them when the partition was taken, by connection id. */
  readonly checkpoints: ReadonlyMap<string, StoredCheckpoint>;
  readonly statuses: ReadonlyMap<string, ConnectionStatus>;
  /** Host and process. */
  readonly owner: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

interface Run {
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

/** A run that ends with an unexpected error is restarted with exponential back-off. */
const restartTimes = { initialMs: 5000, maxMs: 600_000 };

/**
 * Keeps the connections of one partition in the state that the table asks for: each change of a connection ends its
 * run and begins the next, one after the other, so two runs of a connection never overlap.
 */
export class ConnectionSupervisor {
  readonly #options: SupervisorOptions;
  /** Versions of the connections that were applied last. */
  readonly #versions = new Map<string, number>();
  readonly #runs = new Map<string, Run>();
  readonly #turns = new Map<string, Promise<void>>();
  readonly #statuses: Map<string, ConnectionStatus>;
  /** What was read for all connections at once; for the first run of each only. */
  readonly #unused: Map<string, StoredCheckpoint>;
  #stopped = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#statuses = new Map(options.statuses);
    this.#unused = new Map(options.checkpoints);
  }

  /** Takes a connection as the table has it now; undefined when it was deleted. The same version twice is one change. */
  apply(id: string, connection: Connection | undefined): void {
    if (this.#stopped || (connection && this.#versions.get(id) === connection.version)) return;
    if (connection) this.#versions.set(id, connection.version);
    else this.#versions.delete(id);
    const before = this.#turns.get(id) ?? Promise.resolve();
    const turn = before
      .then(() => this.#change(id, connection))
      // Kafka failed: the writer has failed too, which ends the whole partition's task.
      .catch((err) => this.#options.logger.warn({ err, connection: id }, 'a connection could not be changed'))
      .finally(() => {
        if (this.#turns.get(id) === turn) this.#turns.delete(id);
      });
    this.#turns.set(id, turn);
  }

  /** The statuses of the connections that are run here, as they were published last. */
  *published(): Generator<ConnectionStatus> {
    for (const id of this.#versions.keys()) {
      const status = this.#statuses.get(id);
      if (status) yield status;
    }
  }

  /** Ends every run. Resolves when what they had accepted is committed, or has failed. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { stop } of this.#runs.values()) stop.abort();
    await Promise.allSettled(this.#turns.values());
    await Promise.all([...this.#runs.values()].map(({ done }) => done));
  }

  async #change(id: string, connection: Connection | undefined): Promise<void> {
    await this.#endRun(id);
    if (this.#stopped) return;
    if (!connection) return this.#forget(id);
    const { desired_state: desired } = connection;
    if (desired !== 'running') return this.#rest(connection, desired);
    const configured = await this.#options.configure(connection);
    if ('error' in configured) return this.#rest(connection, configured.state, configured.error);
    const stored = await this.#stored(id);
    if (this.#stopped) return;
    const stop = new AbortController();
    this.#runs.set(id, { stop, done: this.#keepRunning(connection, configured.connector, stored, stop.signal) });
  }

  async #endRun(id: string): Promise<void> {
    const run = this.#runs.get(id);
    if (!run) return;
    run.stop.abort();
    await run.done;
    this.#runs.delete(id);
  }

  /** Where the connection stands: its last run has committed by now. */
  async #stored(id: string): Promise<StoredCheckpoint> {
    const unused = this.#unused.get(id);
    this.#unused.delete(id);
    if (unused) return unused;
    const { kafka, partition } = this.#options;
    const never = new AbortController().signal;
    return (await readCheckpoints(kafka, partition, never, id)).get(id) ?? nothingStored;
  }

  /** Runs it until it is stopped or Kafka fails. Does not reject. */
  async #keepRunning(
    connection: Connection,
    configured: ConfiguredConnector,
    firstStored: StoredCheckpoint,
    signal: AbortSignal,
  ): Promise<void> {
    const { writer } = this.#options;
    const { id, project_id: projectId, provider } = connection;
    const logger = this.#options.logger.child({ connection: id, project: projectId });
    const report = new ConnectionReport({
      ...this.#subject(connection),
      publish: (status) => this.#publish(status),
      pollIntervalMs: configured.settings.poll_interval_ms,
    });
    const restarts = new Backoff(restartTimes);
    let stored = firstStored;
    const { rewind } = connection;
    const run = { ...this.#options, connectionId: id, projectId, provider, configured, rewind, report, logger };
    while (!signal.aborted && !writer.hasFailed) {
      try {
        await runConnection({ ...run, stored }, signal);
      } catch (error) {
        if (signal.aborted || writer.hasFailed) break;
        logger.error({ err: error }, `the connection's run broke off: ${messageOf(error)}`);
        report.failed('live', error, restartTimes.initialMs);
        await restarts.wait(signal);
        if (!signal.aborted && !writer.hasFailed) stored = await this.#stored(id).catch(() => stored);
      }
    }
    report.close();
    await writer.idle();
  }

  /** Leaves nothing of a deleted connection: its checkpoints and its status are deleted with it. */
  async #forget(id: string): Promise<void> {
    const { partition, writer } = this.#options;
    const stored = await this.#stored(id);
    const tombstones = [...stored.keys].map((key) => checkpointRecord({ key, value: null }, partition));
    this.#statuses.delete(id);
    await writer.write([...tombstones, statusRecord(id, null, partition)]);
  }

  async #rest(connection: Connection, state: ConnectionState, error?: unknown): Promise<void> {
    const previous = this.#statuses.get(connection.id);
    // Nothing new to say: this process has only taken the connection over.
    if (previous?.state === state && previous.connection_version === connection.version) return;
    this.#publish(restingStatus(this.#subject(connection), state, error));
  }

  #subject(connection: Connection) {
    return {
      connectionId: connection.id,
      projectId: connection.project_id,
      version: connection.version,
      owner: this.#options.owner,
      previous: this.#statuses.get(connection.id),
    };
  }

  #publish(status: ConnectionStatus): void {
    const { writer, partition, logger } = this.#options;
    const { connection_id: connection, project_id: project, state, last_error: error } = status;
    if (this.#statuses.get(connection)?.state !== state) {
      const why = error?.retry_at === null ? undefined : error?.message;
      logger.info({ connection, project, state, ...(why !== undefined && { why }) }, `connection is ${state}`);
    }
    this.#statuses.set(connection, status);
    // A status that cannot be written fails the writer, which ends the partition's task.
    writer.write([statusRecord(connection, status, partition)]).catch(() => undefined);
  }
}
