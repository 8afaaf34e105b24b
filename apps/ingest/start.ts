import { hostname } from 'node:os';
import { connectors } from '@tailrace/connectors/registry.ts';
import { openKeyRing } from '@tailrace/credentials/key-ring.ts';
import { LimiterPool } from '@tailrace/ingestion/asking/request-limiter.ts';
import { endpointAllowlist } from '@tailrace/ingestion/contract/endpoint-allowlist.ts';
import type { SettingDefaults } from '@tailrace/ingestion/contract/settings.ts';
import { extendedConnectors } from '@tailrace/role/extensions.ts';
import type { RoleDeps, RunningRole } from '@tailrace/role/role.ts';
import { ownerReadiness } from '@tailrace/stream/owning/owner-readiness.ts';
import { runPartitionTasks } from '@tailrace/stream/owning/partition-owner.ts';
import { rawTopics, topics } from '@tailrace/topics/topics.ts';
import type { IngestConfig } from './config.ts';
import { configureConnection } from './configure-connection.ts';
import { countConnections } from './connection-metrics.ts';
import type { ConnectionSupervisor } from './connection-supervisor.ts';
import { runPartition } from './partition-task.ts';
import { QuotaShares } from './quota-shares.ts';
import { transactionMetrics } from './transaction-metrics.ts';

/**
 * The role that reads the clouds. Connections are owned through the partitions of `connections`: more processes share
 * them, and a killed one's move to the others.
 */
export async function start(config: IngestConfig, deps: RoleDeps): Promise<RunningRole> {
  const { kafka, metrics, extensions } = deps;
  const logger = deps.logger.child({ role: 'ingest' });
  const partitionsOf = await partitionCounts(kafka, [...Object.values(rawTopics), topics.dead]);
  const supervisors = new Set<ConnectionSupervisor>();
  const configure = configureConnection({
    connectors: extendedConnectors(connectors, extensions),
    defaults: settingDefaults(config),
    keys: openKeyRing(config.credentialEncryptionKey),
    allowlist: endpointAllowlist(config.cloudEndpointAllowlist),
    hostCredentials: config.cloudHostCredentials,
  });
  // Who reads a connection that the shares do not know of yet has one partition of all, at least.
  const limiters = new LimiterPool(1 / topics.connections.partitions);
  const shares = await QuotaShares.open({ kafka, logger, configure, limiters });
  const task = {
    kafka,
    configure,
    limiters,
    shares,
    partitionsOf,
    owner: `${hostname()}/${process.pid}`,
    logger,
    metrics,
    transactions: transactionMetrics(metrics),
    supervisors,
  };
  const stopCounting = countConnections(metrics, supervisors);
  const owner = await runPartitionTasks({
    kafka,
    logger,
    groupId: 'ingest',
    topics: [topics.connections.name],
    run: (ownership) => runPartition(task, ownership),
  });
  return {
    name: 'ingest',
    readiness: () => ownerReadiness(owner),
    failed: owner.failed,
    stop: async () => {
      stopCounting();
      await owner.stop();
      await shares[Symbol.asyncDispose]();
    },
  };
}

async function partitionCounts(
  kafka: RoleDeps['kafka'],
  specs: readonly { readonly name: string }[],
): Promise<(topic: string) => number> {
  const described = await Promise.all(specs.map(({ name }) => kafka.admin.describeTopic(name)));
  const counts = new Map(described.map(({ name, partitions }) => [name, partitions]));
  return (topic) => {
    const count = counts.get(topic);
    if (count === undefined) throw new Error(`ingest does not write to ${topic}`);
    return count;
  };
}

function settingDefaults(config: IngestConfig): SettingDefaults {
  const given = {
    start_from: config.connectionStartFrom,
    poll_interval_ms: config.connectionPollIntervalMs,
    batch_size: config.connectionBatchSize,
    concurrency: config.connectionConcurrency,
    request_timeout_ms: config.connectionRequestTimeoutMs,
    visibility_bound_ms: config.connectionVisibilityBoundMs,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
