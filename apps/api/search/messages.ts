import { TailraceError } from '@tailrace/errors/tailrace-error.ts';

/** What the thread needs to begin. */
export interface ThreadData {
  readonly url: string;
  readonly maxConnections: number;
  readonly statementTimeoutMs: number;
  /** How long a server that hangs is waited for, milliseconds. */
  readonly answerTimeoutMs: number;
}

export type ToThread =
  | { readonly type: 'run'; readonly id: number; readonly name: string; readonly input: unknown }
  /** Nobody waits for the answer any more. There is one all the same, once its connection is free. */
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'close' };

export type FromThread =
  | { readonly type: 'done'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly error: SentError }
  | { readonly type: 'warning'; readonly error: unknown; readonly message: string };

/**
 * An error on its way between threads. Of an error object only name, message, stack and cause arrive, so what callers go
 * by is sent beside it. https://developer.mozilla.org/en-US/docs/Web/API/Web_Workers_API/Structured_clone_algorithm
 */
interface SentError {
  readonly error: unknown;
  readonly details?: Pick<TailraceError, 'code' | 'remedy' | 'retryAfterMs' | 'help'>;
}

export function sentError(error: unknown): SentError {
  if (!(error instanceof TailraceError)) return { error: plain(error) };
  const { code, remedy, retryAfterMs, help } = error;
  return { error: plain(error), details: { code, remedy, retryAfterMs, help } };
}

/** The error as it was thrown: a `TailraceError` with its code and remedy, though not of a class of its own. */
export function receivedError({ error, details }: SentError): unknown {
  if (details === undefined || !(error instanceof Error)) return error;
  const { code, remedy, retryAfterMs, help } = details;
  return new TailraceError(error.message, {
    code,
    remedy,
    cause: error,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(help !== undefined && { help }),
  });
}

/** Causes may hold what cannot be sent, such as a socket. Their text is in the message. */
function plain(error: unknown): unknown {
  if (!(error instanceof Error)) return new Error(String(error));
  const copy = new Error(error.message);
  if (error.stack !== undefined) copy.stack = error.stack;
  return copy;
}
