/**
 * What the caller must do about a failure; everything else about an error is for people.
 * - `retry`: the same call may succeed later (after `retryAfterMs` when the other side said so).
 * - `reconnect`: the handle (producer, session, client) is unusable; make a new one and start from the committed position.
 * - `give-up`: the same call will never succeed; a person or another process must act.
 */
export type Remedy = 'retry' | 'reconnect' | 'give-up';

interface ErrorDetails {
  /** Stable, dotted, lower-case: `kafka.fenced`, `connector.auth_refused`. Goes to statuses, metrics and problem documents. */
  readonly code: string;
  readonly remedy: Remedy;
  /** Milliseconds the other side asked us to wait. */
  readonly retryAfterMs?: number;
  /** What a person can do about it, in one sentence. Never holds a secret. */
  readonly help?: string;
  readonly cause?: unknown;
}

/** The base of every error that crosses a seam. Its message never holds a secret. */
export class TailraceError extends Error {
  readonly code: string;
  readonly remedy: Remedy;
  readonly retryAfterMs: number | undefined;
  readonly help: string | undefined;

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = details.code;
    this.remedy = details.remedy;
    this.retryAfterMs = details.retryAfterMs;
    this.help = details.help;
  }
}

/** What the caller must do about anything thrown: an error we did not classify is worth a retry on a fresh handle. */
export function remedyOf(error: unknown): Remedy {
  return error instanceof TailraceError ? error.remedy : 'reconnect';
}

/** The message of anything thrown, for logs and statuses. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node's error for a host with several addresses has no message of its own, only its parts have.
  if (error.message === '' && error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error.message;
}

/** The message, and what a person can do about it where the error says that. */
export function explanationOf(error: unknown): string {
  const help = error instanceof TailraceError ? error.help : undefined;
  const message = messageOf(error);
  return help === undefined ? message : `${message}. ${help}`;
}
