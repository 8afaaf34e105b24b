import type { FetchedRecord, TopicPartition } from '@tailrace/kafka/kafka.ts';
import { DataRefusedError, databaseError } from '@tailrace/postgres/connection/database-error.ts';
import { inTransaction } from '@tailrace/postgres/connection/transaction.ts';
import type pg from 'pg';
import type { RowTable } from './row-table.ts';
import { commitOffset } from './sink-offsets.ts';

/**
 * A batch takes a second, or a few on a busy disk. A bound that a slow server cannot keep would write the same batch for
 * ever, so it is far above that.
 */
const limits = { statementTimeoutMs: 50_000, answerTimeoutMs: 60_000 };

export interface Row<Value> {
  readonly record: FetchedRecord;
  readonly value: Value;
}

/** A row that PostgreSQL does not take, with its reason. */
export interface RefusedRow<Value> {
  readonly row: Row<Value>;
  readonly error: DataRefusedError;
}

/** The offset that commits with the rows. */
export interface OffsetCommit {
  readonly partition: TopicPartition;
  readonly epoch: number;
  readonly nextOffset: number;
}

/**
 * Writes rows and the offset in one transaction.
 * @throws DataRefusedError when a row can never be written, `FencedError` when another sink took the partition,
 * DatabaseUnavailableError otherwise. Nothing is committed then, unless the connection broke during the commit.
 */
export async function commitRows<Value>(
  client: pg.ClientBase,
  table: RowTable<Value>,
  rows: readonly Row<Value>[],
  offset: OffsetCommit,
): Promise<void> {
  const { partition, epoch, nextOffset } = offset;
  await write(client, 'commit', async () => {
    await table.upsert(client, valuesOf(rows));
    await commitOffset(client, partition, epoch, nextOffset);
  });
}

/** Finds the rows that PostgreSQL refuses by writing ever smaller parts and rolling them back. */
export async function findRefused<Value>(
  client: pg.ClientBase,
  table: RowTable<Value>,
  rows: readonly Row<Value>[],
): Promise<readonly RefusedRow<Value>[]> {
  try {
    await write(client, 'rollback', () => table.upsert(client, valuesOf(rows)));
    return [];
  } catch (error) {
    if (!(error instanceof DataRefusedError)) throw error;
    if (rows.length === 1) return [{ row: rows[0]!, error }];
    const middle = rows.length >> 1;
    return [
      ...(await findRefused(client, table, rows.slice(0, middle))),
      ...(await findRefused(client, table, rows.slice(middle))),
    ];
  }
}

export function valuesOf<Value>(rows: readonly Row<Value>[]): readonly Value[] {
  return rows.map(({ value }) => value);
}

async function write(client: pg.ClientBase, end: 'commit' | 'rollback', work: () => Promise<unknown>): Promise<void> {
  await inTransaction(client, limits, work, end).catch((error) => {
    throw databaseError(error);
  });
}
