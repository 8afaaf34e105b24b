import { status } from '@grpc/grpc-js';
import { ConnectorError, type ConnectorFailure } from '@tailrace/connector/connector-error.ts';
import { messageOf } from '@tailrace/errors/tailrace-error.ts';

const help: Readonly<Record<ConnectorFailure, string>> = {
  auth_refused: 'Check credentials_json: the key may have been deleted or its service account disabled.',
  permission_denied: 'Give the service account the role Logs Viewer (Private Logs Viewer for data access audit logs).',
  not_found: 'Check project_id and log_name.',
  invalid_config: 'Check filter and log_name: try them in the Logs Explorer.',
  throttled:
    'It goes on by itself. A project may be asked about 60 times a minute; a longer poll_interval_ms asks less often.',
  range_too_large: 'It goes on with shorter ranges by itself.',
  unreachable: 'It is tried again by itself.',
};

const failures: Readonly<Partial<Record<status, ConnectorFailure>>> = {
  [status.RESOURCE_EXHAUSTED]: 'throttled',
  [status.UNAUTHENTICATED]: 'auth_refused',
  [status.PERMISSION_DENIED]: 'permission_denied',
  [status.NOT_FOUND]: 'not_found',
  [status.INVALID_ARGUMENT]: 'invalid_config',
};

/** What an error of the gRPC client, or of fetching a token, means for the connection. */
export function gcpFailure(error: unknown): ConnectorError {
  if (error instanceof ConnectorError) return error;
  const message = messageOf(error);
  const failure = isKeyProblem(message) ? 'auth_refused' : (failures[codeOf(error) ?? status.UNKNOWN] ?? 'unreachable');
  return new ConnectorError(failure, `Google Cloud: ${message.split('\n', 1)[0]!.slice(0, 500)}`, {
    help: help[failure],
    cause: error,
  });
}

function codeOf(error: unknown): status | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number'
    ? error.code
    : undefined;
}

/** The token endpoint's answers, and what a private key that is none gives, come without a gRPC status. */
function isKeyProblem(message: string): boolean {
  return /invalid_grant|invalid_client|DECODER routines|PEM routines|asn1 encoding|Invalid JWT Signature/i.test(
    message,
  );
}
