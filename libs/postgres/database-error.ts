import { messageOf, TailraceError } from '@tailrace/errors/tailrace-error.ts';

/** PostgreSQL refused the data itself (SQLSTATE class 22: data exception). The same row is never accepted. */
export class DataRefusedError extends TailraceError {
  constructor(message: string, cause: unknown) {
    super(message, { code: 'postgres.data_refused', remedy: 'give-up', cause });
  }
}

/** PostgreSQL is away, restarting, or out of disk: nothing was committed, and the same will work once it is back. */
class DatabaseUnavailableError extends TailraceError {
  constructor(message: string, cause: unknown, help?: string) {
    super(message, { code: 'postgres.unavailable', remedy: 'reconnect', cause, ...(help !== undefined && { help }) });
  }
}

/**
 * What an error of `pg` means for the caller, by SQLSTATE
 * (https://www.postgresql.org/docs/current/errcodes-appendix.html). An error without one is the connection's.
 */
export function databaseError(error: unknown): TailraceError {
  if (error instanceof TailraceError) return error;
  const message = messageOf(error);
  const state = sqlState(error);
  if (state?.startsWith('22')) return new DataRefusedError(message, error);
  if (state === '53100') {
    return new DatabaseUnavailableError(`PostgreSQL has no disk space left: ${message}`, error, 'Free disk space.');
  }
  return new DatabaseUnavailableError(`PostgreSQL: ${message}`, error);
}

/** Whether a row found no partition of its table. The tables have no other check that could fail. */
export function isMissingPartition(error: unknown): boolean {
  return sqlState(error) === '23514';
}

function sqlState(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}
