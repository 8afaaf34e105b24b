import { untilAborted } from '@tailrace/errors/abort.ts';
import { readCheckpoints } from '@tailrace/ingestion/storing/checkpoint-table.ts';
import { readStatuses } from '@tailrace/ingestion/storing/status-table.ts';
import type { Kafka } from '@tailrace/kafka/kafka.ts';
import type { Ownership } from '@tailrace/stream/owning/ownership.ts';
import { PartitionWriter } from '@tailrace/stream/partition-writer.ts';
import { readPartition } from '@tailrace/stream/reading/read-partition.ts';
import { openTable, type Table } from '@tailrace/stream/reading/table.ts';
import { topics } from '@tailrace/topics/topics.ts';
import { ConnectionSupervisor, type SupervisorOptions } from './connection-supervisor.ts';
import type { QuotaShares } from './quota-shares.ts';
import type { TransactionMetrics } from './transaction-metrics.ts';

/** What the tasks of a process share. */
export interface PartitionTaskOptions
  extends Omit<SupervisorOptions, 'partition' | 'writer' | 'checkpoints' | 'statuses'> {
  readonly transactions: TransactionMetrics;
  readonly shares: Pick<QuotaShares, 'own' | 'release'>;
  /** Supervisors at work, so that their connections can be counted. */
  readonly supervisors: Set<ConnectionSupervisor>;
}

/**
 * Runs the connections of one partition until it is revoked. Fences first: what is read of checkpoints and statuses
 * after that is final (docs/decisions/0002-one-transactional-id-per-partition.md). Every failure of Kafka ends it; the
 * partition's owner starts it again.
 */
export async function runPartition(options: PartitionTaskOptions, ownership: Ownership): Promise<void> {
  const { kafka, transactions, supervisors } = options;
  const { revoked, lost } = ownership;
  const { partition } = ownership.partition;
  const logger = options.logger.child({ partition });
  const producer = await kafka.transactionalProducer(`ingest-${partition}`);
  const writer = new PartitionWriter({
    producer,
    lost,
    logger,
    committed: (records, tookMs) => {
      ownership.progressed();
      transactions.committed(records, tookMs);
    },
  });
  writer.failed.catch(() => transactions.failed());
  let connections: Table<unknown> | undefined;
  let supervisor: ConnectionSupervisor | undefined;
  try {
    const [checkpoints, statuses] = await Promise.all([
      readCheckpoints(kafka, partition, revoked),
      readStatuses(kafka, partition, revoked),
    ]);
    const supervising = new ConnectionSupervisor({ ...options, logger, partition, writer, checkpoints, statuses });
    supervisor = supervising;
    supervisors.add(supervising);
    options.shares.own(partition);
    const table = openTable({
      kafka,
      logger,
      topic: topics.connections,
      partitions: [partition],
      onChange: ({ key, value, live }) => {
        if (live) supervising.apply(key, value);
      },
    });
    connections = table;
    const ended = Promise.race([writer.failed, untilAborted(revoked)]);
    await Promise.race([table.caughtUp, ended]);
    if (revoked.aborted) return;
    ownership.progressed();
    for (const [id, connection] of table.entries()) supervising.apply(id, connection);
    const left = [...checkpoints.keys(), ...statuses.keys()].filter((id) => table.get(id) === undefined);
    for (const id of await deletedOf(kafka, partition, left, revoked)) supervising.apply(id, undefined);
    await ended;
  } finally {
    await connections?.close();
    await supervisor?.stop();
    if (supervisor) supervisors.delete(supervisor);
    options.shares.release(partition);
    await writer.idle();
    await producer.close();
  }
}

/**
 * Those that were deleted while nobody owned the partition: their checkpoints and statuses are still there. A connection
 * whose record cannot be read is not one of them.
 */
async function deletedOf(
  kafka: Kafka,
  partition: number,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const deleted = new Set(ids);
  if (deleted.size === 0) return deleted;
  for await (const records of readPartition(kafka, topics.connections.name, partition, signal)) {
    for (const { key, value } of records) {
      const id = key?.toString() ?? '';
      if (value !== null) deleted.delete(id);
      else if (ids.includes(id)) deleted.add(id);
    }
  }
  return deleted;
}
