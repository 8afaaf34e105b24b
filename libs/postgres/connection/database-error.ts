import { messageOf, TailraceError } from '@tailrace/errors/tailrace-error.ts';
import pg from 'pg';

/** PostgreSQL refused the data itself (SQLSTATE class 22: data exception). The same row is never accepted. */
export class DataRefusedError extends TailraceError {
  constructor(message: string, cause: unknown) {
    super(message, { code: 'postgres.data_refused', remedy: 'give-up', cause });
  }
}

/** PostgreSQL is unreachable, restarting, or out of disk: nothing was committed, and the same will work once it is back. */
class DatabaseUnavailableError extends TailraceError {
  constructor(message: string, cause: unknown, help?: string) {
    super(message, { code: 'postgres.unavailable', remedy: 'reconnect', cause, ...(help !== undefined && { help }) });
  }
}

/** PostgreSQL did not answer in time: it hangs, or nothing comes through to it any more. */
export class DatabaseTimeoutError extends TailraceError {
  /** @param afterMs how long it was waited for, milliseconds. */
  constructor(afterMs: number, cause?: unknown) {
    super(`PostgreSQL did not answer within ${afterMs / 1000} s`, {
      code: 'postgres.no_answer',
      remedy: 'reconnect',
      cause,
      help: 'Look whether the server and the network to it are overloaded or stopped.',
    });
  }
}

/** PostgreSQL is well, and refuses a statement by one of its limits: the same is refused until the limit is raised. */
class DatabaseLimitError extends TailraceError {
  constructor(message: string, cause: unknown) {
    super(`PostgreSQL refuses by a limit of its own: ${message}`, {
      code: 'postgres.limit_exceeded',
      remedy: 'reconnect',
      cause,
      help: 'Raise the limit that the message names.',
    });
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
  if (state === '53400') return new DatabaseLimitError(message, error);
  return new DatabaseUnavailableError(`PostgreSQL: ${message}`, error);
}

/**
 * Whether PostgreSQL answered with this error and the session goes on: not the connection's own end, nor one that the
 * server announced (SQLSTATE classes 08 and 57P).
 */
export function isAnswer(error: unknown): boolean {
  return error instanceof pg.DatabaseError && !/^(08|57P)/.test(error.code ?? '08');
}

/** Whether PostgreSQL cancelled the statement for its time. */
export function isCancelled(error: unknown): boolean {
  return sqlState(error) === '57014';
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
