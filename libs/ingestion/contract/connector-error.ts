import { type Remedy, TailraceError } from '@tailrace/errors/tailrace-error.ts';

/** What went wrong at a cloud, by what must be done about it. Each is a state a connection's status can show. */
export type ConnectorFailure =
  /** Too many requests: wait `retryAfterMs`, or back off. */
  | 'throttled'
  /** The provider or the network failed: back off. */
  | 'unreachable'
  /** Credentials are wrong, expired or revoked. A person must act; the runner looks again from time to time. */
  | 'auth_refused'
  /** Credentials are good but lack a permission. */
  | 'permission_denied'
  /** The log group, workspace, table or project does not exist. */
  | 'not_found'
  /** The configuration can never work: bad region, query, filter. */
  | 'invalid_config'
  /** The range holds more than the provider gives in one answer: sweep the halves. */
  | 'range_too_large';

const remedies: Readonly<Record<ConnectorFailure, Remedy>> = {
  throttled: 'retry',
  unreachable: 'retry',
  auth_refused: 'give-up',
  permission_denied: 'give-up',
  not_found: 'give-up',
  invalid_config: 'give-up',
  range_too_large: 'retry',
};

interface ConnectorErrorDetails {
  readonly help?: string;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
  readonly timedOut?: boolean;
}

/** A failure of a source. The message is for the connection's owner: what was refused, what to check. Never a secret. */
export class ConnectorError extends TailraceError {
  readonly failure: ConnectorFailure;
  /** Whether the provider gave no answer in the time that one may take. */
  readonly timedOut: boolean;

  constructor(failure: ConnectorFailure, message: string, details: ConnectorErrorDetails = {}) {
    const { timedOut = false, ...rest } = details;
    super(message, { code: `connector.${failure}`, remedy: remedies[failure], ...rest });
    this.failure = failure;
    this.timedOut = timedOut;
  }
}
