import { printableCause, safeMessage } from '@tailrace/ingestion/asking/provider-error.ts';
import { ConnectorError, type ConnectorFailure } from '@tailrace/ingestion/contract/connector-error.ts';
import { AzureRefusal } from './azure-refusal.ts';

const help: Readonly<Record<ConnectorFailure, string>> = {
  auth_refused: 'Check tenant_id, client_id and client_secret; the secret may have expired or been deleted.',
  permission_denied: 'Give the application the role Log Analytics Reader on the workspace.',
  not_found: 'Check workspace_id: it is the GUID on the overview page of the workspace.',
  invalid_config: 'Check the query: try it in the portal, without the part that limits the time.',
  throttled: 'Reading continues automatically; a longer poll_interval_ms makes fewer requests.',
  range_too_large: 'Reading continues automatically with shorter ranges.',
  unreachable: 'Retried automatically.',
};

/**
 * What an error means for the connection.
 *
 * @param refusal the last answer that was no success, where there was one: MSAL leaves it out of some of its errors.
 * @param secrets that must not stand in its message.
 */
export function azureFailure(
  error: unknown,
  refusal: AzureRefusal | undefined,
  secrets: readonly string[] = [],
): ConnectorError {
  if (error instanceof ConnectorError) return error;
  const answered = error instanceof AzureRefusal ? error : refusal;
  const failure = answered ? ofRefusal(answered) : ofSilence(error);
  const message = answered ? safeMessage(answered, secrets) : silence(error, secrets);
  return new ConnectorError(failure, `Azure: ${message}`, {
    help: help[failure],
    cause: printableCause(error, secrets),
    ...(answered?.retryAfterMs !== undefined && { retryAfterMs: answered.retryAfterMs }),
  });
}

function ofRefusal({ service, status, codes }: AzureRefusal): ConnectorFailure {
  if (status === 429) return 'throttled';
  // Entra ID answers 400 or 401 for a wrong tenant, client or secret, and 5xx when it is itself in trouble.
  if (service === 'Entra ID') return status >= 400 && status < 500 ? 'auth_refused' : 'unreachable';
  if (codes.some((code) => tooLarge.has(code))) return 'range_too_large';
  if (codes.some((code) => /^InvalidAuthenticationToken/.test(code))) return 'auth_refused';
  return statuses[status] ?? 'unreachable';
}

const tooLarge: ReadonlySet<string> = new Set([
  'ResponseSizeError',
  'ResponsePayloadTooLarge',
  'E_QUERY_RESULT_SET_TOO_LARGE',
  'E_RUNAWAY_QUERY',
  'QueryTimeoutError',
]);

/** https://learn.microsoft.com/azure/azure-monitor/logs/api/errors; 504: the query took longer than it may. */
const statuses: Readonly<Record<number, ConnectorFailure>> = {
  400: 'invalid_config',
  401: 'auth_refused',
  403: 'permission_denied',
  404: 'not_found',
  413: 'range_too_large',
  504: 'range_too_large',
};

/** MSAL refuses by itself for a while what Entra ID has just refused. */
function ofSilence(error: unknown): ConnectorFailure {
  return error instanceof Error && /\bAADSTS(?!90033\b)\d+:/.test(error.message) ? 'auth_refused' : 'unreachable';
}

/** The SDK puts the whole answer, logs included, into the message when it cannot read it. */
function silence(error: unknown, secrets: readonly string[]): string {
  const unread = error instanceof Error && 'code' in error && error.code === 'PARSE_ERROR';
  return unread ? 'the answer was cut short, or is no JSON' : safeMessage(error, secrets);
}
