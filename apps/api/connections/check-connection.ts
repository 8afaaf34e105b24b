import { unlessAborted } from '@tailrace/errors/abort.ts';
import { Problem } from '@tailrace/http/problem.ts';
import type { ConfiguredConnector } from '@tailrace/ingestion/contract/configure.ts';
import { ConnectorError, type ConnectorFailure } from '@tailrace/ingestion/contract/connector-error.ts';
import type { Logger } from '@tailrace/telemetry/logger.ts';

/** What the owner of the connection can mend is theirs (4xx); the rest is the cloud's. */
const statuses: Readonly<Record<ConnectorFailure, number>> = {
  auth_refused: 422,
  permission_denied: 422,
  not_found: 422,
  invalid_config: 422,
  range_too_large: 422,
  throttled: 503,
  unreachable: 502,
};

/** Calls the cloud once. @throws Problem that says what is wrong, in words for the connection's owner. */
export async function testConnection(
  configured: ConfiguredConnector,
  signal: AbortSignal,
  logger: Logger,
): Promise<void> {
  const source = configured.open({ logger });
  try {
    await unlessAborted(source.test(signal), signal);
  } catch (error) {
    if (signal.aborted) throw new Problem(504, { detail: 'The cloud did not answer in time.', cause: error });
    if (error instanceof ConnectorError) throw problemOf(error);
    throw error;
  } finally {
    await source.close();
  }
}

function problemOf(error: ConnectorError): Problem {
  const detail = error.help === undefined ? error.message : `${error.message} ${error.help}`;
  return new Problem(statuses[error.failure], {
    code: error.code,
    detail,
    cause: error,
    ...(error.retryAfterMs === undefined ? {} : { retryAfterSeconds: Math.ceil(error.retryAfterMs / 1000) }),
  });
}
