import type { FetchedRecord, TopicPartition } from '@tailrace/kafka/kafka.ts';
import { DataRefusedError, databaseError } from '@tailrace/postgres/database-error.ts';
import { upsertLogs } from '@tailrace/postgres/log-rows.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import type pg from 'pg';
import { commitOffset } from './sink-offsets.ts';

export interface Row {
  readonly record: FetchedRecord;
  readonly log: LogRecord;
}

/** A row that PostgreSQL does not take, with its reason. */
export interface RefusedRow {
  readonly row: Row;
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
export async function commitRows(client: pg.ClientBase, rows: readonly Row[], offset: OffsetCommit): Promise<void> {
  const { partition, epoch, nextOffset } = offset;
  await inTransaction(client, 'commit', async () => {
    await upsertLogs(
      client,
      rows.map((row) => row.log),
    );
    await commitOffset(client, partition, epoch, nextOffset);
  });
}

/** Finds the rows that PostgreSQL refuses by writing ever smaller parts and rolling them back. */
export async function findRefused(client: pg.ClientBase, rows: readonly Row[]): Promise<readonly RefusedRow[]> {
  try {
    await inTransaction(client, 'rollback', () =>
      upsertLogs(
        client,
        rows.map((row) => row.log),
      ),
    );
    return [];
  } catch (error) {
    if (!(error instanceof DataRefusedError)) throw error;
    if (rows.length === 1) return [{ row: rows[0]!, error }];
    const middle = rows.length >> 1;
    return [...(await findRefused(client, rows.slice(0, middle))), ...(await findRefused(client, rows.slice(middle)))];
  }
}

async function inTransaction(
  client: pg.ClientBase,
  end: 'commit' | 'rollback',
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await client.query('begin');
    await work();
    await client.query(end);
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw databaseError(error);
  }
}
