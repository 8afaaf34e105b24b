import { isIP } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { Certificate } from '../wire/certificate.ts';
import type { CloudParts } from '../wire/cloud-parts.ts';
import { CloudLogging } from './cloud-logging.ts';
import type { GcpAccess } from './gcp-access.ts';
import { loggingService } from './protocol.ts';
import { type ServiceAccount, serviceAccounts } from './service-account.ts';

/** The simulated Google Cloud, as a client must know it. */
export interface GcpSide {
  /** `host:port` without TLS, where no credentials are sent. */
  readonly endpoint: string;
  /** `host:port` with TLS, where the service account's own token is checked. */
  readonly tlsEndpoint: string;
  readonly projectId: string;
  /** A second project with entries of its own. */
  readonly otherProjectId: string;
  /** A project that nobody may read. */
  readonly deniedProjectId: string;
  readonly serviceAccounts: { readonly active: ServiceAccount; readonly denied: ServiceAccount };
}

export interface RunningGcp extends GcpSide {
  stop(): Promise<void>;
}

export interface GcpOptions {
  readonly port: number;
  readonly tlsPort: number;
  readonly certificate: Certificate;
  /** Where the service account's key is kept. */
  readonly dataDirectory: string | undefined;
}

export const gcpProject = 'shop-prod';
const otherProject = 'shop-staging';
const deniedProject = 'shop-locked';

/** Serves the simulated Cloud Logging, with and without TLS. */
export async function startGcp(parts: CloudParts, options: GcpOptions): Promise<RunningGcp> {
  const accounts = await serviceAccounts(gcpProject, options.dataDirectory);
  const access: GcpAccess = { projects: [gcpProject, otherProject], deniedProject, ...accounts };
  const server = new Server({ 'grpc.max_send_message_length': -1 });
  const addresses: string[] = [];
  const resetConnections = () => {
    for (const address of addresses) server.drain(address, 0);
  };
  const logging = new CloudLogging({ ...parts, access, resetConnections });
  server.addService(loggingService, logging.implementation);
  const { cert, key } = options.certificate;
  const secure = ServerCredentials.createSsl(null, [{ cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }]);
  const port = await bind(server, parts.host, options.port, ServerCredentials.createInsecure());
  const tlsPort = await bind(server, parts.host, options.tlsPort, secure);
  addresses.push(`${parts.host}:${port}`, `${parts.host}:${tlsPort}`);
  return {
    endpoint: `${parts.hostname}:${port}`,
    // TLS has no name for an address, and the certificate is good for this one.
    tlsEndpoint: `${isIP(parts.hostname) === 0 ? parts.hostname : 'localhost'}:${tlsPort}`,
    projectId: gcpProject,
    otherProjectId: otherProject,
    deniedProjectId: deniedProject,
    serviceAccounts: accounts,
    async stop() {
      logging.stop();
      server.forceShutdown();
    },
  };
}

function bind(server: Server, host: string, port: number, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
}
