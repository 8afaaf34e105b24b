import { hostname } from 'node:os';
import type { Connector } from '@tailrace/connector/configure.ts';
import { PartitionWriter } from '@tailrace/connector/partition-writer.ts';
import { LimiterPool } from '@tailrace/connector/request-limiter.ts';
import { connectors as allConnectors } from '@tailrace/connectors/registry.ts';
import { openKeyRing } from '@tailrace/credentials/key-ring.ts';
import type { RoleDeps, RunningRole } from '@tailrace/role/role.ts';
import type { Provider } from '@tailrace/schemas/generated/provider.ts';
import { ownerReadiness } from '@tailrace/stream/owner-readiness.ts';
import type { Ownership } from '@tailrace/stream/ownership.ts';
import { ownPartitions } from '@tailrace/stream/partition-owner.ts';
import { openTable } from '@tailrace/stream/table.ts';
import { rawTopics, topics } from '@tailrace/topics/topics.ts';
import type { IngestConfig } from './config.ts';
import { ConnectionSupervisor, type SupervisorOptions } from './connection-supervisor.ts';

export interface IngestDeps extends RoleDeps {
  /** Which kinds of sources there are; every one of this installation when left out. */
  readonly connectors?: ReadonlyMap<Provider, Connector>;
}

type Shared = Omit<SupervisorOptions, 'partition' | 'writer' | 'previousStatus'>;

/**
 * The role that reads the clouds. Connections are owned through the partitions of `connections`: more processes share
 * them, and a killed one's move to the others.
 */
export async function start(config: IngestConfig, deps: IngestDeps): Promise<RunningRole> {
  const { kafka, metrics, connectors = allConnectors } = deps;
  const logger = deps.logger.child({ role: 'ingest' });
  const raw = await Promise.all(Object.values(rawTopics).map(({ name }) => kafka.admin.describeTopic(name)));
  const partitionCounts = new Map(raw.map(({ name, partitions }) => [name, partitions]));
  const shared: Shared = {
    kafka,
    connectors,
    defaults: {
      ...(config.connectionPollIntervalMs !== undefined && { poll_interval_ms: config.connectionPollIntervalMs }),
      ...(config.connectionBatchSize !== undefined && { batch_size: config.connectionBatchSize }),
      ...(config.connectionConcurrency !== undefined && { concurrency: config.connectionConcurrency }),
      ...(config.connectionRequestTimeoutMs !== undefined && { request_timeout_ms: config.connectionRequestTimeoutMs }),
      ...(config.connectionVisibilityBoundMs !== undefined && {
        visibility_bound_ms: config.connectionVisibilityBoundMs,
      }),
    },
    keys: openKeyRing(config.credentialEncryptionKey),
    hostCredentials: config.cloudHostCredentials,
    limiters: new LimiterPool(),
    partitionsOf: (topic) => {
      const count = partitionCounts.get(topic);
      if (count === undefined) throw new Error(`${topic} is no topic of raw events`);
      return count;
    },
    owner: `${hostname()}/${process.pid}`,
    logger,
    metrics,
  };
  const owner = ownPartitions({
    kafka,
    logger,
    groupId: 'ingest',
    topics: [topics.connections.name],
    run: (ownership) => runPartition(shared, ownership),
  });
  return {
    name: 'ingest',
    readiness: () => ownerReadiness(owner),
    failed: owner.failed,
    stop: () => owner.stop(),
  };
}

/**
 * Runs the connections of one partition until it is revoked. Fences first; what is read of checkpoints and statuses
 * after that is final (DESIGN, guarantee 1).
 */
async function runPartition(shared: Shared, ownership: Ownership): Promise<void> {
  const { kafka, logger } = shared;
  const { partition, revoked, lost } = ownership;
  const producer = await kafka.transactionalProducer(`ingest-${partition.partition}`);
  const writer = new PartitionWriter({ producer, lost, logger, committed: () => ownership.progressed() });
  const partitions = [partition.partition];
  const statuses = openTable({ kafka, logger, topic: topics.connectionStatus, partitions });
  let connections: { close(): Promise<void> } | undefined;
  let supervisor: ConnectionSupervisor | undefined;
  try {
    await Promise.race([statuses.caughtUp, aborted(revoked)]);
    if (revoked.aborted) return;
    const supervising = new ConnectionSupervisor({
      ...shared,
      writer,
      partition: partition.partition,
      previousStatus: (id) => statuses.get(id),
    });
    supervisor = supervising;
    connections = openTable({
      kafka,
      logger,
      topic: topics.connections,
      partitions,
      onChange: ({ key, value, previous }) => {
        if (value !== undefined || previous !== undefined) supervising.apply(key, value);
      },
    });
    ownership.progressed();
    await Promise.race([writer.failed, aborted(revoked)]);
  } finally {
    await connections?.close();
    await supervisor?.stop();
    await statuses.close();
    await writer.idle();
    await producer.close();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
