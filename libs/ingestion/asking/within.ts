import { ConnectorError } from '../contract/connector-error.ts';

const timeoutHelp =
  'Retried automatically. If it goes on, raise request_timeout_ms, or lower batch_size so that each answer is smaller.';

/**
 * Waits for a source no longer than it may take, whatever it does: one that ignores its signal must not hold up a stop.
 *
 * @throws the signal's reason when it aborts.
 * @throws ConnectorError `unreachable` after `timeoutMs`.
 */
export function within<Result>(answer: Promise<Result>, signal: AbortSignal, timeoutMs?: number): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            const seconds = Math.round(timeoutMs / 100) / 10;
            const message = `the provider did not answer within ${seconds} s`;
            settle(() => reject(new ConnectorError('unreachable', message, { help: timeoutHelp, timedOut: true })));
          }, timeoutMs);
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      finish();
    };
    const abort = () => settle(() => reject(signal.reason));
    answer.then(
      (result) => settle(() => resolve(result)),
      (error: unknown) => settle(() => reject(error)),
    );
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
