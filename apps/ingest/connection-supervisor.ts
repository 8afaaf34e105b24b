import { checkpointRecord, readCheckpoints } from '@tailrace/connector/checkpoint-table.ts';
import type { ConfiguredConnector, Connector } from '@tailrace/connector/configure.ts';
import { ConnectionReport, restingStatus } from '@tailrace/connector/connection-report.ts';
import { runConnection } from '@tailrace/connector/connection-runner.ts';
import { ConnectorError } from '@tailrace/connector/connector-error.ts';
import { hostIdentityRefusal } from '@tailrace/connector/host-identity.ts';
import type { PartitionWriter } from '@tailrace/connector/partition-writer.ts';
import type { LimiterPool } from '@tailrace/connector/request-limiter.ts';
import type { SettingDefaults } from '@tailrace/connector/settings.ts';
import type { KeyRing } from '@tailrace/credentials/key-ring.ts';
import { openCredentials } from '@tailrace/credentials/sealed-credentials.ts';
import type { Kafka, OutgoingRecord } from '@tailrace/kafka/kafka.ts';
import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import type { ConnectionStatus } from '@tailrace/schemas/generated/connection-status.ts';
import type { Provider } from '@tailrace/schemas/generated/provider.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import type { Metrics } from '@tailrace/telemetry/metrics.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { z } from 'zod';

export interface SupervisorOptions {
  readonly kafka: Kafka;
  readonly connectors: ReadonlyMap<Provider, Connector>;
  readonly defaults: SettingDefaults;
  readonly keys: KeyRing;
  /** CLOUD_HOST_CREDENTIALS: whether connections may do without credentials of their own. */
  readonly hostCredentials: boolean;
  readonly limiters: LimiterPool;
  /** The partition of `connections` whose connections these are. */
  readonly partition: number;
  readonly partitionsOf: (topic: string) => number;
  readonly writer: PartitionWriter;
  /** The status that was last published of a connection. */
  readonly previousStatus: (connectionId: string) => ConnectionStatus | undefined;
  /** Host and process. */
  readonly owner: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

interface Run {
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

const configText = z.record(z.string(), z.unknown());

/**
 * Keeps the connections of one partition in the state that the table asks for: each change of a connection ends its
 * run and begins the next, one after the other, so two runs of a connection never overlap.
 */
export class ConnectionSupervisor {
  readonly #options: SupervisorOptions;
  readonly #runs = new Map<string, Run>();
  readonly #turns = new Map<string, Promise<void>>();
  #stopped = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Takes a connection as the table has it now; undefined when it was deleted. */
  apply(id: string, connection: Connection | undefined): void {
    if (this.#stopped) return;
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

  /** Ends every run. Resolves when what they had accepted is committed, or has failed. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { stop } of this.#runs.values()) stop.abort();
    await Promise.allSettled([...this.#turns.values(), ...[...this.#runs.values()].map(({ done }) => done)]);
  }

  async #change(id: string, connection: Connection | undefined): Promise<void> {
    await this.#endRun(id);
    if (this.#stopped) return;
    if (!connection) return this.#forget(id);
    if (connection.desired_state !== 'running')
      return this.#publish(this.#resting(connection, connection.desired_state));
    const configured = await this.#configure(connection);
    if (configured) await this.#begin(connection, configured);
  }

  async #endRun(id: string): Promise<void> {
    const run = this.#runs.get(id);
    if (!run) return;
    run.stop.abort();
    await run.done;
    this.#runs.delete(id);
  }

  /** undefined when the configuration, or its credentials, cannot be used; the status then says why. */
  async #configure(connection: Connection): Promise<ConfiguredConnector | undefined> {
    const { keys, connectors, defaults, hostCredentials } = this.#options;
    let secrets: Readonly<Record<string, unknown>> = {};
    try {
      if (connection.sealed_credentials !== null) {
        secrets = await openCredentials(keys, connection.id, connection.sealed_credentials);
      }
    } catch (error) {
      await this.#publish(this.#resting(connection, 'credentials_unreadable', error));
      return undefined;
    }
    try {
      const config = configText.parse(JSON.parse(connection.config));
      const configured = connectors.get(connection.provider)?.configure({ ...config, ...secrets }, defaults);
      const refusal = configured && hostIdentityRefusal(configured, hostCredentials);
      if (refusal !== undefined) throw new ConnectorError('invalid_config', refusal);
      return configured;
    } catch (error) {
      await this.#publish(this.#resting(connection, 'invalid_config', error));
      return undefined;
    }
  }

  async #begin(connection: Connection, configured: ConfiguredConnector): Promise<void> {
    const { kafka, partition, writer } = this.#options;
    const stop = new AbortController();
    // The last run of this connection has committed by now, so this is where it stands.
    const stored =
      (await readCheckpoints(kafka, partition, stop.signal, connection.id)).get(connection.id) ?? new Map();
    if (this.#stopped) return;
    const logger = this.#options.logger.child({ connection: connection.id, project: connection.project_id });
    const report = new ConnectionReport({
      ...this.#subject(connection),
      // A status that cannot be written fails the writer, which is heard elsewhere.
      publish: (status) => void this.#publish(status).catch(() => undefined),
    });
    const done = runConnection(
      {
        ...this.#options,
        connectionId: connection.id,
        projectId: connection.project_id,
        provider: connection.provider,
        configured,
        stored,
        writer,
        report,
        logger,
      },
      stop.signal,
    )
      .catch((err) => logger.warn({ err }, 'the run of a connection ended'))
      .finally(() => report.close());
    this.#runs.set(connection.id, { stop, done });
  }

  /** Leaves nothing of a deleted connection: its checkpoints and its status are deleted with it. */
  async #forget(id: string): Promise<void> {
    const { kafka, partition, writer } = this.#options;
    const stored = (await readCheckpoints(kafka, partition, new AbortController().signal, id)).get(id);
    const tombstones = [...(stored?.keys() ?? [])].map((key) => checkpointRecord({ key, value: null }, partition));
    await writer.write([...tombstones, this.#statusRecord(id, null)]);
  }

  #resting(connection: Connection, state: ConnectionStatus['state'], error?: unknown): ConnectionStatus {
    return restingStatus(this.#subject(connection), state, error);
  }

  #subject(connection: Connection) {
    return {
      connectionId: connection.id,
      projectId: connection.project_id,
      version: connection.version,
      owner: this.#options.owner,
      previous: this.#options.previousStatus(connection.id),
    };
  }

  #publish(status: ConnectionStatus): Promise<void> {
    return this.#options.writer.write([this.#statusRecord(status.connection_id, status)]);
  }

  #statusRecord(id: string, status: ConnectionStatus | null): OutgoingRecord {
    const { name, codec } = topics.connectionStatus;
    return {
      topic: name,
      partition: this.#options.partition,
      key: Buffer.from(id),
      value: status === null ? null : codec.encode(status),
      ...(status && { headers: { project: status.project_id, connection: id } }),
    };
  }
}
