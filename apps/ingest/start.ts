import { hostname } from 'node:os';
import type { Connector } from '@tailrace/connector/configure.ts';
import { endpointAllowlist } from '@tailrace/connector/endpoint-allowlist.ts';
import { LimiterPool } from '@tailrace/connector/request-limiter.ts';
import type { SettingDefaults } from '@tailrace/connector/settings.ts';
import { connectors as allConnectors } from '@tailrace/connectors/registry.ts';
import { openKeyRing } from '@tailrace/credentials/key-ring.ts';
import type { RoleDeps, RunningRole } from '@tailrace/role/role.ts';
import { connectionStateSymbols } from '@tailrace/schemas/generated/connection-state.ts';
import { type HeldBackReason, heldBackReasonSymbols } from '@tailrace/schemas/generated/held-back-reason.ts';
import type { Provider } from '@tailrace/schemas/generated/provider.ts';
import { ownerReadiness } from '@tailrace/stream/owner-readiness.ts';
import { ownPartitions } from '@tailrace/stream/partition-owner.ts';
import type { Metrics } from '@tailrace/telemetry/metrics.ts';
import { rawTopics, topics } from '@tailrace/topics/topics.ts';
import type { IngestConfig } from './config.ts';
import { configureConnection } from './configure-connection.ts';
import type { ConnectionSupervisor } from './connection-supervisor.ts';
import { runPartition } from './partition-task.ts';
import { transactionMetrics } from './transaction-metrics.ts';

export interface IngestDeps extends RoleDeps {
  /** Which kinds of sources there are; every one of this installation when left out. */
  readonly connectors?: ReadonlyMap<Provider, Connector>;
}

/**
 * The role that reads the clouds. Connections are owned through the partitions of `connections`: more processes share
 * them, and a killed one's move to the others.
 */
export async function start(config: IngestConfig, deps: IngestDeps): Promise<RunningRole> {
  const { kafka, metrics, connectors = allConnectors } = deps;
  const logger = deps.logger.child({ role: 'ingest' });
  const partitionsOf = await partitionCounts(kafka, [...Object.values(rawTopics), topics.dead]);
  const supervisors = new Set<ConnectionSupervisor>();
  const task = {
    kafka,
    configure: configureConnection({
      connectors,
      defaults: settingDefaults(config),
      keys: openKeyRing(config.credentialEncryptionKey),
      allowlist: endpointAllowlist(config.cloudEndpointAllowlist),
      hostCredentials: config.cloudHostCredentials,
    }),
    limiters: new LimiterPool(),
    partitionsOf,
    owner: `${hostname()}/${process.pid}`,
    logger,
    metrics,
    transactions: transactionMetrics(metrics),
    supervisors,
  };
  const stopCounting = countConnections(metrics, supervisors);
  const owner = await ownPartitions({
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

/** Connections that have a series of their own, the furthest behind: there may be thousands. */
const maxBehind = 20;

function countConnections(metrics: Metrics, supervisors: ReadonlySet<ConnectionSupervisor>): () => void {
  const connections = metrics.gauge({
    name: 'tailrace_ingest_connections',
    help: 'Connections that this process owns, by state.',
    labels: ['state'],
  });
  const heldBack = metrics.gauge({
    name: 'tailrace_ingest_held_back_connections',
    help: 'Connections whose "complete up to" does not keep up, by what it waits for.',
    labels: ['reason'],
  });
  const behind = metrics.gauge({
    name: 'tailrace_ingest_connection_behind_seconds',
    help: `How far "complete up to" is behind now, of the ${maxBehind} connections of this process that are held back longest.`,
    labels: ['connection', 'reason'],
  });
  return metrics.beforeScrape(() => {
    for (const state of connectionStateSymbols) connections.set({ state }, 0);
    for (const reason of heldBackReasonSymbols) heldBack.set({ reason }, 0);
    behind.reset();
    const held: HeldBackSince[] = [];
    for (const supervisor of supervisors) {
      for (const { connection_id: connection, state, held_back, complete_up_to: upTo } of supervisor.published()) {
        connections.inc({ state });
        if (held_back === null) continue;
        const { reason, since } = held_back;
        heldBack.inc({ reason });
        held.push({ connection, reason, from: upTo ?? since });
      }
    }
    const now = Date.now() * 1000;
    for (const { connection, reason, from } of held.sort((one, other) => one.from - other.from).slice(0, maxBehind)) {
      behind.set({ connection, reason }, Math.max(0, (now - from) / 1_000_000));
    }
  });
}

interface HeldBackSince {
  readonly connection: string;
  readonly reason: HeldBackReason;
  /** What it is complete up to; else since when it has been held back. */
  readonly from: number;
}
