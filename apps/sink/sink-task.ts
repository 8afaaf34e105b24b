import type { FetchedRecord, Kafka } from '@tailrace/kafka/kafka.ts';
import { DataRefusedError, databaseError } from '@tailrace/postgres/connection/database-error.ts';
import type { Ownership } from '@tailrace/stream/owning/ownership.ts';
import type { BatchPolicy } from '@tailrace/stream/processing/batch-policy.ts';
import { deadLetterRecord, deadReason } from '@tailrace/stream/processing/dead-letter.ts';
import { type PolledBatch, pollBatch } from '@tailrace/stream/processing/poll-batch.ts';
import type { ConsumerLag } from '@tailrace/stream/reading/consumer-lag.ts';
import type { ConsumerMetrics } from '@tailrace/stream/reading/consumer-metrics.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';
import { topics } from '@tailrace/topics/topics.ts';
import type pg from 'pg';
import { commitRows, findRefused, type Row, valuesOf } from './batch-writer.ts';
import type { RowTable } from './row-table.ts';
import { takePartition } from './sink-offsets.ts';

export const sinkGroup = 'sink';

export interface SinkTaskOptions {
  readonly kafka: Kafka;
  readonly pool: pg.Pool;
  readonly pace: BatchPolicy;
  readonly logger: Logger;
  readonly metrics: ConsumerMetrics;
  readonly lag: ConsumerLag;
}

/**
 * Writes one owned partition to its table in PostgreSQL: rows and the consumed offset commit in one database
 * transaction, and the offset is read from there (docs/decisions/0019-sink-fenced-by-epoch.md). Every error ends it with nothing half done; its
 * owner runs it again, and while the database is unreachable nothing more is read from Kafka.
 */
export async function runSinkTask<Value>(
  options: SinkTaskOptions,
  table: RowTable<Value>,
  ownership: Ownership,
): Promise<void> {
  const client = await options.pool.connect().catch((error) => {
    throw databaseError(error);
  });
  let clean = false;
  try {
    await writePartition(options, table, client, ownership);
    clean = true;
  } finally {
    client.release(!clean);
  }
}

async function writePartition<Value>(
  options: SinkTaskOptions,
  table: RowTable<Value>,
  client: pg.PoolClient,
  ownership: Ownership,
): Promise<void> {
  const { kafka, metrics, logger, pace } = options;
  const { partition, revoked } = ownership;
  const { id } = await kafka.admin.describeTopic(partition.topic);
  const { nextOffset, epoch } = await takePartition(client, partition, id).catch((error) => {
    throw databaseError(error);
  });
  const offset = nextOffset ?? (await kafka.admin.offsets(partition.topic, 'earliest'))[partition.partition] ?? 0;
  const reader = await kafka.reader({ positions: [{ ...partition, offset }], maxWaitMs: 5000 });
  try {
    const onLost = (records: number) => {
      metrics.lostToRetention(partition, records);
      logger.error({ ...partition, records }, 'retention removed records before they were written');
    };
    let lastCommit = Number.NEGATIVE_INFINITY;
    let position = offset;
    options.lag.follow(partition, () => position, revoked);
    while (!revoked.aborted) {
      const gathered = await pollBatch({ reader, partition, pace, lastCommit, signal: revoked, onLost });
      if (!gathered || revoked.aborted) continue;
      if (gathered.records.length === 0) {
        // Control records: there is nothing to write, and nothing is behind.
        position = gathered.nextOffset;
        continue;
      }
      const started = performance.now();
      await writeBatch(options, table, client, ownership, epoch, gathered);
      lastCommit = performance.now();
      ownership.progressed();
      metrics.committed(partition, gathered.records.length, lastCommit - started);
      position = gathered.nextOffset;
      logger.debug({ ...partition, records: gathered.records.length, next: gathered.nextOffset }, 'written');
    }
  } finally {
    await reader.close();
  }
}

async function writeBatch<Value>(
  options: SinkTaskOptions,
  table: RowTable<Value>,
  client: pg.PoolClient,
  { partition }: Ownership,
  epoch: number,
  { records, nextOffset }: PolledBatch,
): Promise<void> {
  const { codec } = table.topics[0];
  const rows: Row<Value>[] = [];
  const dead: Dead[] = [];
  for (const record of records) {
    if (record.value === null) continue;
    try {
      rows.push({ record, value: codec.decode(record.value) });
    } catch (error) {
      dead.push({ record, error });
    }
  }
  await prepare(table, client, rows);
  const offset = { partition, epoch, nextOffset };
  await sendDead(options, partition.topic, partition.partition, dead);
  try {
    await commitRows(client, table, rows, offset);
  } catch (error) {
    if (!(error instanceof DataRefusedError)) throw error;
    const refused = await findRefused(client, table, rows);
    await sendDead(
      options,
      partition.topic,
      partition.partition,
      refused.map(({ row, error }) => ({ record: row.record, error })),
    );
    const bad = new Set(refused.map(({ row }) => row));
    await commitRows(
      client,
      table,
      rows.filter((row) => !bad.has(row)),
      offset,
    );
  }
}

async function prepare<Value>(
  table: RowTable<Value>,
  client: pg.PoolClient,
  rows: readonly Row<Value>[],
): Promise<void> {
  try {
    await table.prepare?.(client, valuesOf(rows));
  } catch (error) {
    throw databaseError(error);
  }
}

interface Dead {
  readonly record: FetchedRecord;
  readonly error: unknown;
}

/**
 * Dead letters go out before the offset is committed: a crash in between sends one again, which its position (group,
 * topic, partition, offset) makes recognisable. Kafka and PostgreSQL share no transaction.
 */
async function sendDead(
  options: SinkTaskOptions,
  topic: string,
  partition: number,
  dead: readonly Dead[],
): Promise<void> {
  if (dead.length === 0) return;
  const { partitions } = await options.kafka.admin.describeTopic(topics.dead.name);
  const letters = dead.map(({ record, error }) => {
    const reason = deadReason(error);
    options.metrics.dead({ topic, partition }, reason);
    const where = { group: sinkGroup, partition: { topic, partition }, partitions };
    return deadLetterRecord({ ...where, record, reason, error });
  });
  // Dead letters are rare: a producer is not kept for them.
  const producer = await options.kafka.producer();
  await producer.send(letters).finally(() => producer.close());
  options.logger.error({ topic, partition, count: dead.length, err: dead[0]?.error }, 'dead letters');
}
