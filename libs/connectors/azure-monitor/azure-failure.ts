import { ConnectorError, type ConnectorFailure } from '@tailrace/connector/connector-error.ts';
import { messageOf } from '@tailrace/errors/tailrace-error.ts';

const help: Readonly<Record<ConnectorFailure, string>> = {
  auth_refused: 'Check tenant_id, client_id and client_secret; the secret may have expired or been deleted.',
  permission_denied: 'Give the application the role Log Analytics Reader on the workspace.',
  not_found: 'Check workspace_id: it is the GUID on the overview page of the workspace.',
  invalid_config: 'Check the query: try it in the portal, without the part that limits the time.',
  throttled: 'It goes on by itself; a longer poll_interval_ms asks less often.',
  range_too_large: 'It goes on with shorter ranges by itself.',
  unreachable: 'It is tried again by itself.',
};

/** What an error of the SDKs means for the connection. */
export function azureFailure(error: unknown): ConnectorError {
  if (error instanceof ConnectorError) return error;
  const failure = failureOf(error);
  const retryAfterMs = retryAfterOf(error);
  return new ConnectorError(failure, `Azure: ${firstLine(messageOf(error))}`, {
    help: help[failure],
    cause: error,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

function failureOf(error: unknown): ConnectorFailure {
  const { status, code } = detailsOf(error);
  // Entra ID answers 400 or 401 for a wrong tenant, client or secret, and 5xx when it is itself in trouble.
  if (isAuthentication(error)) return status !== undefined && status >= 500 ? 'unreachable' : 'auth_refused';
  if (status === 429) return 'throttled';
  if (status === 401) return 'auth_refused';
  if (status === 403) return 'permission_denied';
  if (status === 404) return 'not_found';
  if (status === 413 || code === 'ResponseSizeError' || code === 'ResponsePayloadTooLarge') return 'range_too_large';
  if (status === 400) return 'invalid_config';
  return 'unreachable';
}

function detailsOf(error: unknown): { readonly status: number | undefined; readonly code: string | undefined } {
  if (typeof error !== 'object' || error === null) return { status: undefined, code: undefined };
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { status, code };
}

function isAuthentication(error: unknown): boolean {
  return (
    error instanceof Error &&
    /^(AuthenticationError|CredentialUnavailableError|AuthenticationRequiredError)$/.test(error.name)
  );
}

function retryAfterOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('response' in error)) return undefined;
  const { response } = error;
  if (typeof response !== 'object' || response === null || !('headers' in response)) return undefined;
  const { headers } = response;
  if (typeof headers !== 'object' || headers === null || !('get' in headers) || typeof headers.get !== 'function') {
    return undefined;
  }
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

/** Entra's messages repeat themselves around what matters, and go on with trace ids and times. */
function firstLine(message: string): string {
  const entra = /AADSTS\d+: .*?(?= Trace ID:| Timestamp:|\n|$)/.exec(message)?.[0];
  return (entra ?? message.split('\n', 1)[0]!).slice(0, 500);
}
