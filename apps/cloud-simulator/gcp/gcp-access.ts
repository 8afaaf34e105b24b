import { type Metadata, status } from '@grpc/grpc-js';
import { GcpError, invalidArgument, permissionDenied, unauthenticated } from './gcp-error.ts';
import { type ServiceAccount, signerOf } from './service-account.ts';

/** Which projects and accounts the simulated Google Cloud knows. */
export interface GcpAccess {
  readonly projects: readonly string[];
  /** A project that nobody may read. */
  readonly deniedProject: string;
  readonly active: ServiceAccount;
  /** An account that may read nothing. */
  readonly denied: ServiceAccount;
}

/** The parts of a gRPC call that say who asks. */
export interface Call {
  readonly metadata: Metadata;
  getAuthContext(): { readonly transportSecurityType?: string };
}

/**
 * Checks who asks. Without TLS a client can send no credentials (gRPC forbids it), so there anyone is the active account;
 * with TLS the service account's own JWT is required.
 */
export function authenticate(call: Call, access: GcpAccess): void {
  const [authorization] = call.metadata.get('authorization');
  if (authorization === undefined && call.getAuthContext().transportSecurityType === undefined) return;
  const token = /^Bearer (.+)$/.exec(String(authorization ?? ''))?.[1] ?? '';
  const signer = signerOf(token, [access.active, access.denied]);
  if (signer === undefined) throw unauthenticated();
  if (signer.client_email === access.denied.client_email) throw permissionDenied();
}

const resourcePattern = /^projects\/([^/]+)(?:\/locations\/[^/]+\/buckets\/[^/]+\/views\/[^/]+)?$/;

/** The projects that `resource_names` name. Throws when one is malformed, unknown or denied. */
export function projectsOf(resourceNames: readonly string[], access: GcpAccess): string[] {
  if (resourceNames.length === 0) throw invalidArgument('At least one resource name is required.');
  return resourceNames.map((name) => {
    const project = resourcePattern.exec(name)?.[1];
    if (project === undefined) throw invalidArgument(`Invalid resource name: '${name}'.`);
    if (project === access.deniedProject) throw permissionDenied();
    if (!access.projects.includes(project)) {
      throw new GcpError(status.NOT_FOUND, `Project does not exist: '${project}'.`);
    }
    return project;
  });
}
