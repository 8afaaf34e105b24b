import pg from 'pg';
import { cancelStatement } from './cancel-statement.ts';
import { DatabaseTimeoutError, isAnswer, isCancelled } from './database-error.ts';

/** What bounds a transaction. None of it outlives the transaction: behind PgBouncer the next one may have another session. */
export interface TransactionLimits {
  /** How long it may take as a whole before its connection is given up, milliseconds; see `inTransaction`. */
  readonly answerTimeoutMs: number;
  /** PostgreSQL cancels a statement that takes longer, milliseconds. Left out: the server's own limit holds. */
  readonly statementTimeoutMs?: number;
  /** PostgreSQL gives up waiting for a lock after this, milliseconds. Left out: the server's own limit holds. */
  readonly lockTimeoutMs?: number;
  readonly isReadOnly?: boolean;
  /** Aborts when nobody waits for the answer any more: the statement under way is cancelled, and the reason is thrown. */
  readonly signal?: AbortSignal;
}

/**
 * Runs work in a transaction and commits it, or rolls it back where `end` says so. A server that hangs cancels nothing, and
 * its machine still confirms TCP keep-alives, so a clock on this side cuts the connection when the time is up.
 *
 * @throws what PostgreSQL answered, as `pg` throws it, DatabaseTimeoutError when the time was up, and the signal's reason.
 */
export async function inTransaction<Value>(
  client: pg.ClientBase,
  limits: TransactionLimits,
  work: () => Promise<Value>,
  end: 'commit' | 'rollback' = 'commit',
): Promise<Value> {
  let isOverdue = false;
  const clock = setTimeout(() => {
    isOverdue = true;
    // Cuts the connection where a statement is under way, which then fails.
    if (client instanceof pg.Client) void client.end().catch(() => undefined);
  }, limits.answerTimeoutMs);
  const { signal } = limits;
  const cancel = () => {
    if (client instanceof pg.Client) cancelStatement(client);
  };
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    signal?.throwIfAborted();
    await client.query(begin(limits));
    signal?.throwIfAborted();
    const value = await work();
    await client.query(end);
    return value;
  } catch (error) {
    if (isOverdue) throw new DatabaseTimeoutError(limits.answerTimeoutMs, error);
    // A connection that broke has rolled back by itself.
    if (isAnswer(error) || error === signal?.reason) await client.query('rollback').catch(() => undefined);
    else if (client instanceof pg.Client) void client.end().catch(() => undefined);
    throw signal?.aborted && isCancelled(error) ? signal.reason : error;
  } finally {
    clearTimeout(clock);
    signal?.removeEventListener('abort', cancel);
  }
}

function begin({ statementTimeoutMs, lockTimeoutMs, isReadOnly }: TransactionLimits): string {
  const statements = [isReadOnly ? 'begin read only' : 'begin'];
  if (statementTimeoutMs !== undefined)
    statements.push(`set local statement_timeout = ${Math.ceil(statementTimeoutMs)}`);
  if (lockTimeoutMs !== undefined) statements.push(`set local lock_timeout = ${Math.ceil(lockTimeoutMs)}`);
  return statements.join('; ');
}
