import type { ConnectorError } from '../contract/connector-error.ts';
import { within } from './within.ts';

/** One request to a provider. */
export interface ProviderRequest<Answer> {
  /** Who asks: when it aborts, so does the request. */
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Asks. Its signal aborts as soon as nobody waits any more: the caller's abort, the time-out, the answer. */
  readonly send: (signal: AbortSignal) => Promise<Answer>;
  /** What an error of the SDK means. */
  readonly failure: (error: unknown) => ConnectorError;
}

/**
 * Asks a provider, waits no longer than it may take, and cancels what is still under way then: getting a token, a body
 * that does not end. It holds even for an SDK that ignores its signal.
 *
 * @throws the caller's reason when its signal aborts.
 * @throws ConnectorError `unreachable` after `timeoutMs`, or what `failure` makes of the error.
 */
export async function askProvider<Answer>(request: ProviderRequest<Answer>): Promise<Answer> {
  const { signal, timeoutMs, send, failure } = request;
  signal.throwIfAborted();
  const ended = new AbortController();
  try {
    return await within(send(AbortSignal.any([signal, ended.signal])), signal, timeoutMs);
  } catch (error) {
    signal.throwIfAborted();
    throw failure(error);
  } finally {
    ended.abort();
  }
}
