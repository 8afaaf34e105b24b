import { status } from '@grpc/grpc-js';
import { printableCause, safeMessage } from '@tailrace/ingestion/asking/provider-error.ts';
import { ConnectorError, type ConnectorFailure } from '@tailrace/ingestion/contract/connector-error.ts';

const help: Readonly<Record<ConnectorFailure, string>> = {
  auth_refused: 'Check credentials_json: the key may have been deleted or its service account disabled.',
  permission_denied: 'Give the service account the role Logs Viewer (Private Logs Viewer for data access audit logs).',
  not_found: 'Check project_id and log_name.',
  invalid_config: 'Check filter and log_name: try them in the Logs Explorer.',
  throttled:
    'Reading continues automatically. Google accepts about 60 requests a minute for a project; a longer poll_interval_ms makes fewer.',
  range_too_large: 'Reading continues automatically with shorter ranges.',
  unreachable: 'Retried automatically.',
};

/** https://grpc.io/docs/guides/status-codes; what is not listed passes by itself. */
const failures: Readonly<Partial<Record<status, ConnectorFailure>>> = {
  [status.RESOURCE_EXHAUSTED]: 'throttled',
  [status.UNAUTHENTICATED]: 'auth_refused',
  [status.PERMISSION_DENIED]: 'permission_denied',
  [status.NOT_FOUND]: 'not_found',
  [status.INVALID_ARGUMENT]: 'invalid_config',
  [status.FAILED_PRECONDITION]: 'invalid_config',
  [status.UNIMPLEMENTED]: 'invalid_config',
};

/** What an error of the gRPC client, or of making a token, means for the connection. @param secrets not to be shown. */
export function gcpFailure(error: unknown, secrets: readonly string[] = []): ConnectorError {
  if (error instanceof ConnectorError) return error;
  const said = safeMessage(error, secrets);
  const failure = failureOf(error, said);
  const retryAfterMs = retryDelayOf(error);
  return new ConnectorError(failure, `Google Cloud: ${said}`, {
    help: help[failure],
    cause: printableCause(error, secrets),
    timedOut: property(error, 'code') === status.DEADLINE_EXCEEDED,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

function failureOf(error: unknown, said: string): ConnectorFailure {
  if (isKeyProblem(said)) return 'auth_refused';
  const code = property(error, 'code');
  // A page token is ours, not the configuration's: the sweep starts over without it.
  if (code === status.INVALID_ARGUMENT && /page.?token/i.test(said)) return 'unreachable';
  return failures[typeof code === 'number' ? statusOf(code) : status.UNKNOWN] ?? 'unreachable';
}

function statusOf(code: number): status {
  return code in status ? code : status.UNKNOWN;
}

/** The token endpoint's answers, and what a private key that is none gives, come without a gRPC status that says so. */
function isKeyProblem(said: string): boolean {
  return /invalid_grant|invalid_client|DECODER routines|PEM routines|asn1 encoding|Invalid JWT Signature/i.test(said);
}

/** google.rpc.RetryInfo among the details of a status (https://google.aip.dev/193), as google-gax decodes them. */
function retryDelayOf(error: unknown): number | undefined {
  const details = property(error, 'statusDetails');
  if (!Array.isArray(details)) return undefined;
  for (const detail of details) {
    const delay = property(detail, 'retryDelay');
    if (delay === undefined || delay === null) continue;
    const ms = Number(property(delay, 'seconds') ?? 0) * 1000 + Number(property(delay, 'nanos') ?? 0) / 1e6;
    if (Number.isFinite(ms) && ms >= 0) return ms;
  }
  return undefined;
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
