import type { AzureEvent } from '../store/cloud-event.ts';
import type { Certificate } from '../wire/certificate.ts';
import type { CloudParts } from '../wire/cloud-parts.ts';
import { type HttpAnswer, type HttpCloud, type HttpRequest, serveHttp } from '../wire/http-service.ts';
import { type AzureClient, Entra } from './entra.ts';
import { LogAnalytics } from './log-analytics.ts';
import type { ResultLimits } from './query-answer.ts';
import { Tables } from './tables.ts';

/** The simulated Azure, as a client must know it. */
export interface AzureSide {
  /** `https://host:port`, for the credential's `authorityHost`. */
  readonly authorityHost: string;
  /** `https://host:port/v1`, for the query client's `endpoint`. */
  readonly endpoint: string;
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly clients: {
    readonly active: AzureClient;
    readonly denied: AzureClient;
    readonly expired: AzureClient;
  };
}

export interface RunningAzure extends AzureSide {
  stop(): Promise<void>;
}

export interface AzureOptions {
  readonly port: number;
  readonly certificate: Certificate;
  readonly limits: ResultLimits;
  readonly tokenLifetimeSeconds: number;
}

const tenantId = '7e57ab1e-0000-4000-8000-000000000001';
export const azureWorkspace = '7e57ab1e-0000-4000-8000-000000000002';

const client = (last: number, state: AzureClient['state']): AzureClient => ({
  clientId: `7e57ab1e-0000-4000-8000-00000000001${last}`,
  clientSecret: `simulated-secret-of-${state}-client`,
  state,
});
const clients = { active: client(0, 'active'), denied: client(1, 'denied'), expired: client(2, 'expired') };

/** Serves the simulated Entra ID and Log Analytics on one TLS port: their paths do not meet. */
export async function startAzure(parts: CloudParts, options: AzureOptions): Promise<RunningAzure> {
  const { store, ledger } = parts;
  const tables = new Tables();
  const isAzure = (event: { readonly cloud: string }): event is AzureEvent => event.cloud === 'azure';
  for (const event of store.emitted.filter(isAzure)) tables.note(event);
  const unlisten = ledger.listen((events) => {
    for (const event of events.filter(isAzure)) tables.note(event);
  });
  const known = Object.values(clients);
  const { tokenLifetimeSeconds, limits } = options;
  const entra = new Entra({ clock: parts.clock, tenantId, clients: known, tokenLifetimeSeconds });
  const logAnalytics = new LogAnalytics({ ...parts, tables, workspaceId: azureWorkspace, clients: known, limits });
  const cloud = azureCloud(parts, entra, logAnalytics);
  const service = await serveHttp(cloud, parts, { host: parts.host, port: options.port }, options.certificate);
  const authorityHost = `https://${parts.hostname}:${service.port}`;
  return {
    authorityHost,
    endpoint: `${authorityHost}/v1`,
    tenantId,
    workspaceId: azureWorkspace,
    clients,
    async stop() {
      unlisten();
      await service.close();
    },
  };
}

const paths = {
  openid: /^\/([^/]+)\/v2\.0\/\.well-known\/openid-configuration(?:\?|$)/,
  token: /^\/([^/]+)\/oauth2\/v2\.0\/token(?:\?|$)/,
  query: /^\/v1\/workspaces\/([^/]+)\/query(?:\?|$)/,
};

function azureCloud(parts: CloudParts, entra: Entra, logAnalytics: LogAnalytics): HttpCloud {
  const named = (path: string, operation: keyof typeof paths) => paths[operation].exec(path)?.[1];
  return {
    cloud: 'azure',
    operationOf({ method, path }) {
      if (method === 'GET' && paths.openid.test(path)) return 'openid';
      if (method === 'POST' && paths.token.test(path)) return 'token';
      return method === 'POST' && paths.query.test(path) ? 'query' : 'unknown';
    },
    answer(request, operation) {
      if (operation === 'query') return logAnalytics.query(request, named(request.path, 'query') ?? '');
      if (operation === 'openid' || operation === 'token') {
        return entraAnswer(parts, entra, request, operation, named(request.path, operation) ?? '');
      }
      const error = { message: 'The requested path does not exist', code: 'PathNotFoundError' };
      return { status: 404, outcome: error.code, body: JSON.stringify({ error }) };
    },
  };
}

function entraAnswer(
  { faults }: CloudParts,
  entra: Entra,
  request: HttpRequest,
  operation: 'openid' | 'token',
  tenant: string,
): HttpAnswer {
  const hampering = faults.meet('azure', operation, 'throttle', 'server-error');
  if (hampering !== undefined) {
    const { kind, retryAfterSeconds, status = 503 } = hampering;
    const body = JSON.stringify({
      error: 'temporarily_unavailable',
      error_description: 'AADSTS90033: A transient error.',
    });
    const headers = {
      'content-type': 'application/json',
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    };
    return { status: kind === 'throttle' ? 429 : status, outcome: kind, headers, body };
  }
  if (operation === 'openid') return entra.openid(request, tenant);
  return entra.token(request, tenant, faults.meet('azure', 'token', 'expired-credentials'));
}
